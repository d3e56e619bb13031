import { describe, expect, test } from '@jest/globals';
import { type Mode, sealNonceBytes } from '../../contract/wire.ts';
import { Prng } from '../../support/prng.ts';
import { encodeEnvelope } from '../../sut/core/envelope.ts';
import { blobIdFromRandom, type DeviceId, deviceIdFromBytes, groupIdFromBytes } from '../../sut/core/ids.ts';
import { seededKem } from '../../sut/core/kem.ts';
import { ephemeralsBytes, ephemeralsOf, staticKeysBytes, staticKeysOf } from '../../sut/core/key-material.ts';
import type { Message } from '../../sut/core/messages.ts';
import { sealBlob } from '../../sut/core/seal.ts';
import { SecureChannel } from '../../sut/core/secure-channel.ts';
import { prepareSearch } from './canary-search.ts';
import { type CapturedChunk, readCapture, type SessionKeys } from './capture.ts';

/** The system's own sessions, read by this folder's decoder: the two share no code and must agree. */
const mark = 'MarkOfTheTester1';
const canary = Buffer.from('a canary of the content');
const search = prepareSearch([{ label: 'content', bytes: canary }], mark);

class Wire {
  readonly #chunks: CapturedChunk[] = [];
  readonly #node: SecureChannel;
  readonly #relay: SecureChannel;
  readonly #ephemeral: string;
  readonly #announced: SessionKeys[] = [];
  readonly #prng: Prng;
  readonly #sender: DeviceId;

  constructor(mode: Mode, seed: string) {
    const prng = new Prng(seed);
    this.#prng = prng;
    const options = (side: string) => ({
      keys: staticKeysOf(prng.fork(side).bytes(staticKeysBytes)),
      ephemerals: ephemeralsOf(prng.fork(`${side} now`).bytes(ephemeralsBytes)),
      kem: seededKem,
    });
    this.#node = new SecureChannel({ role: 'initiator', mode, ...options('node') });
    this.#relay = new SecureChannel({ role: 'responder', allowsClassical: true, ...options('relay') });
    this.#sender = deviceIdFromBytes(prng.bytes(32));
    const start = this.#node.start();
    this.#ephemeral = Buffer.from(start.subarray(13, 45)).toString('base64');
    this.#pass('up', start);
  }

  /** As a node announces them: right after the handshake. */
  announceKeys(): void {
    const { sendKey, receiveKey } = this.#node.exportKeys();
    const text = (key: Uint8Array): string => Buffer.from(key).toString('base64');
    this.#announced.push({ ephemeral: this.#ephemeral, initiatorKey: text(sendKey), responderKey: text(receiveKey) });
  }

  send(direction: 'up' | 'down', message: Message): void {
    const envelope = encodeEnvelope({
      message,
      senderId: this.#sender,
      groupId: groupIdFromBytes(this.#prng.bytes(32)),
      cursor: 0,
      timestamp: 1_760_000_000,
      nonce: this.#prng.bytes(24),
    });
    this.#pass(direction, (direction === 'up' ? this.#node : this.#relay).seal(envelope));
  }

  #pass(direction: 'up' | 'down', bytes: Uint8Array): void {
    this.#chunks.push({ atMs: this.#chunks.length, flow: 'node-a#0', direction, bytes });
    for (const event of (direction === 'up' ? this.#relay : this.#node).receive(bytes)) {
      if (event.kind === 'send') this.#pass(direction === 'up' ? 'down' : 'up', event.bytes);
    }
  }

  read() {
    const input = { kind: 'chunks', point: 'relay', datagrams: [Buffer.from(mark)], packetsCounted: null } as const;
    const options = { relayPorts: [], framing: 'records-u16', sessionKeys: this.#announced, mark } as const;
    return readCapture({ ...input, chunks: this.#chunks }, options);
  }
}

describe.each(['hybrid', 'classical'] as const)('a %s session of the system', (mode) => {
  function push(payload: Uint8Array): ReturnType<Wire['read']> {
    const wire = new Wire(mode, `session ${mode}`);
    wire.announceKeys();
    const blobId = blobIdFromRandom(new Prng('blob').bytes(16));
    wire.send('up', { type: 'PUSH', blobId, payload, ttl: 0 });
    wire.send('down', { type: 'PUSH_ACK', blobId, cursor: 1, timestamp: 1_760_000_000 });
    wire.send('up', { type: 'PRESENCE', status: 'online', ackedCursor: 1 });
    return wire.read();
  }

  const prng = new Prng('sealed');
  const body = Buffer.concat(Array.from({ length: 6000 }, () => canary));
  const place = {
    groupId: groupIdFromBytes(prng.bytes(32)),
    senderId: deviceIdFromBytes(prng.bytes(32)),
    blobId: blobIdFromRandom(prng.bytes(16)),
  };
  const header = { kind: 1, author: place.senderId, sequence: 1 };
  const sealed = sealBlob(prng.bytes(32), place, header, body, prng.bytes(sealNonceBytes));

  test('is opened, and its messages are named', () => {
    const reading = push(sealed);
    expect(reading.capture).toMatchObject({ openedSessions: 1, opaqueSessions: 0, markFound: true });
    expect(reading.unopenedRecords).toBe(0);
    const named = reading.capture.records.filter(({ messages }) => messages !== null);
    expect(named.map(({ direction, messages }) => [direction, ...messages!])).toEqual([
      ['up'],
      ['up'],
      ['up', 'PUSH'],
      ['down', 'PUSH_ACK'],
      ['up', 'PRESENCE'],
    ]);
  });

  test('shows nothing of a sealed push and the canary of one in clear', () => {
    const clean = push(sealed);
    expect(search.search(clean.frames!)).toMatchObject({ markFound: true, hits: [] });
    const leaking = push(body);
    expect(search.search(leaking.frames!).hits).toMatchObject([{ canary: 'content', encoding: 'raw' }]);
    expect(search.search(leaking.raw).hits).toEqual([]);
  });
});
