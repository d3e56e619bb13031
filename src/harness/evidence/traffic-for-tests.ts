/** Builds captures and sealed sessions for the tests of this folder. */
import { createCipheriv } from 'node:crypto';
import { handshakeMessages, preambleBytes, protocolId, rekeyEveryRecords } from '../../contract/wire.ts';
import type { Prng } from '../../support/prng.ts';

export interface TestFrame {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  /** On the wire, when only a part was kept. */
  readonly originalBytes?: number;
}

export interface PcapShape {
  readonly linkType?: number;
  readonly nanoseconds?: boolean;
  readonly bigEndian?: boolean;
}

export function pcapFile(frames: readonly TestFrame[], shape: PcapShape = {}): Buffer {
  const { linkType = 1, nanoseconds = false, bigEndian = false } = shape;
  const u32 = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, index) => {
      if (bigEndian) bytes.writeUInt32BE(value, 4 * index);
      else bytes.writeUInt32LE(value, 4 * index);
    });
    return bytes;
  };
  const version = bigEndian ? Buffer.from([0, 2, 0, 4]) : Buffer.from([2, 0, 4, 0]);
  const header = [u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4), version, u32(0, 0, 262_144, linkType)];
  const ticksPerMs = nanoseconds ? 1e6 : 1e3;
  const packets = frames.flatMap(({ atMs, bytes, originalBytes = bytes.length }) => [
    u32(Math.floor(atMs / 1e3), Math.round((atMs % 1e3) * ticksPerMs), bytes.length, originalBytes),
    bytes,
  ]);
  return Buffer.concat([...header, ...packets]);
}

export interface TestSegment {
  readonly from: string;
  readonly to: string;
  readonly sequence: number;
  readonly flags?: 'syn' | 'syn-ack' | 'ack';
  readonly payload?: Uint8Array;
}

const flagBits = { syn: 0x02, 'syn-ack': 0x12, ack: 0x10 };

/** An Ethernet frame with a TCP segment over IPv4; ends are `a.b.c.d:port`. */
export function tcpFrame({ from, to, sequence, flags = 'ack', payload = Buffer.alloc(0) }: TestSegment): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(portOf(from), 0);
  header.writeUInt16BE(portOf(to), 2);
  header.writeUInt32BE(sequence >>> 0, 4);
  header[12] = 5 << 4;
  header[13] = flagBits[flags];
  return ethernet(ipv4(from, to, 6, Buffer.concat([header, payload])));
}

export function udpFrame(from: string, to: string, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(portOf(from), 0);
  header.writeUInt16BE(portOf(to), 2);
  header.writeUInt16BE(8 + payload.length, 4);
  return ethernet(ipv4(from, to, 17, Buffer.concat([header, payload])));
}

/** Behind another link header: 16 bytes of Linux cooked capture, or 20 of its second version. */
export function cooked(frame: Uint8Array, version: 1 | 2): Buffer {
  const header = Buffer.alloc(version === 1 ? 16 : 20);
  header.writeUInt16BE(0x0800, version === 1 ? 14 : 0);
  return Buffer.concat([header, frame.subarray(14)]);
}

function ethernet(packet: Uint8Array): Buffer {
  const frame = Buffer.concat([Buffer.alloc(12), Buffer.from([0x08, 0x00]), packet]);
  // Shorter frames are padded on the wire.
  return frame.length < 60 ? Buffer.concat([frame, Buffer.alloc(60 - frame.length)]) : frame;
}

function ipv4(from: string, to: string, protocol: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + payload.length, 2);
  header[9] = protocol;
  header.set(addressOf(from), 12);
  header.set(addressOf(to), 16);
  return Buffer.concat([header, payload]);
}

function addressOf(end: string): number[] {
  return end.split(':')[0]!.split('.').map(Number);
}

function portOf(end: string): number {
  return Number(end.split(':')[1]);
}

/** An envelope's outer array: version, type, six fields this tester does not read, and the body. */
export function envelope(type: number, body: Uint8Array): Buffer {
  const typeBytes = type < 0x80 ? [type] : [0xcc, type];
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([Buffer.from([0x98, 1, ...typeBytes, 0xc0, 0xc0, 0, 0, 0xc0, 0xc6]), length, body]);
}

export function frame(content: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

export function record(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Seals the transport records of one direction from its first. */
export class TestSealer {
  #key: Uint8Array;
  #counter = 0n;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** A record with its length. */
  seal(plaintext: Uint8Array): Buffer {
    const sealed = this.#sealAt(this.#counter, plaintext);
    this.#counter += 1n;
    if (this.#counter % BigInt(rekeyEveryRecords) === 0n) {
      this.#key = this.#sealAt(2n ** 64n - 1n, Buffer.alloc(32)).subarray(0, 32);
    }
    return record(sealed);
  }

  #sealAt(counter: bigint, plaintext: Uint8Array): Buffer {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64LE(counter, 4);
    const cipher = createCipheriv('chacha20-poly1305', this.#key, nonce, { authTagLength: 16 });
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }
}

export interface TestSession {
  readonly keys: { readonly ephemeral: string; readonly initiatorKey: string; readonly responderKey: string };
  /** Preamble and handshake records; their content is random but for the ephemeral. */
  readonly handshakeUp: Buffer;
  readonly handshakeDown: Buffer;
  readonly up: TestSealer;
  readonly down: TestSealer;
}

/** A hybrid session whose handshake has the right sizes and whose keys are known. */
export function testSession(prng: Prng): TestSession {
  const messages = handshakeMessages.hybrid.map(({ from, bytes }) => ({ from, bytes: prng.bytes(bytes) }));
  const sent = (from: string) => messages.filter((message) => message.from === from).map(({ bytes }) => record(bytes));
  const initiatorKey = prng.bytes(32);
  const responderKey = prng.bytes(32);
  const preamble = Buffer.concat([Buffer.from(protocolId), Buffer.from([2])]);
  if (preamble.length !== preambleBytes) throw new Error(`a preamble of ${preamble.length} bytes`);
  return {
    keys: {
      ephemeral: Buffer.from(messages[0]!.bytes.subarray(0, 32)).toString('base64'),
      initiatorKey: Buffer.from(initiatorKey).toString('base64'),
      responderKey: Buffer.from(responderKey).toString('base64'),
    },
    handshakeUp: Buffer.concat([preamble, ...sent('initiator')]),
    handshakeDown: Buffer.concat(sent('responder')),
    up: new TestSealer(initiatorKey),
    down: new TestSealer(responderKey),
  };
}
