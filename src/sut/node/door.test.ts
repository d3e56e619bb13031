import { expect, test } from '@jest/globals';
import { nodeStates } from '../../contract/control.ts';
import { concat } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope, MessageError } from '../core/envelope.ts';
import {
  anyMessage,
  badFrame,
  damaged,
  forEachCase,
  heapBytes,
  messageNames,
  type Named,
} from '../core/garbage.test-support.ts';
import type { DeviceId, GroupId } from '../core/ids.ts';
import { seededKem } from '../core/kem.ts';
import { ephemeralsBytes, ephemeralsOf } from '../core/key-material.ts';
import type { Message, MessageOf } from '../core/messages.ts';
import { recordOf } from '../core/records.ts';
import { SecureChannel } from '../core/secure-channel.ts';
import type { Connection, ConnectionEvents } from '../io/transport.ts';
import type { RelayIdentity } from '../relay/identity.ts';
import { handshakeFailureReasons, handshakeFailureStages } from './handshake-failure.ts';
import { type TestNode, World } from './node-world.test-support.ts';

/** Generous: the machine may be busy. */
const timeoutMs = 120_000;

type Step = 'm2' | 'm4';

/** A relay's keys in the hands of somebody who sends what the test says. */
class LyingRelay {
  readonly prng = new Prng('lying relay');
  /** The newest connection; the channel is null once it is over. */
  connection: Connection | null = null;
  channel: SecureChannel | null = null;
  /** Changes m2 and m4 before they leave; null sends nothing. */
  answers: (step: Step, record: Uint8Array) => Uint8Array | null = (_step, record) => record;
  /** What the node has said on this connection. */
  heard: Message[] = [];
  /** The last blobs that the node pushed. */
  pushed: MessageOf<'PUSH'>[] = [];
  groupId: GroupId | null = null;
  readonly #identity: RelayIdentity;

  constructor(identity: RelayIdentity) {
    this.#identity = identity;
  }

  accept(connection: Connection): ConnectionEvents {
    const channel = new SecureChannel({
      role: 'responder',
      allowsClassical: false,
      keys: this.#identity.keys,
      ephemerals: ephemeralsOf(this.prng.bytes(ephemeralsBytes)),
      kem: seededKem,
    });
    this.connection = connection;
    this.channel = channel;
    this.heard = [];
    let step: Step = 'm2';
    return {
      received: (chunk) => {
        for (const event of channel.receive(chunk)) {
          if (event.kind === 'send') {
            const bytes = this.answers(step, event.bytes);
            step = 'm4';
            if (bytes !== null) connection.send(bytes);
          } else if (event.kind === 'envelope') this.#hear(event.bytes);
        }
      },
      closed: () => {
        if (this.channel === channel) this.channel = null;
      },
    };
  }

  get saysHello(): boolean {
    return this.channel !== null && this.heard.some(({ type }) => type === 'HELLO');
  }

  envelopeOf(message: Message): Envelope {
    return {
      message,
      senderId: this.#identity.relayId,
      groupId: this.groupId!,
      cursor: this.prng.below(100),
      timestamp: 1_700_000_000,
      nonce: this.prng.bytes(24),
    };
  }

  /** In one chunk, so that all are there before the node has dealt with the first. */
  sendFrames(...frames: readonly Uint8Array[]): void {
    this.connection!.send(concat(...frames.map((frame) => this.channel!.seal(frame))));
  }

  welcome(maxCursor: number): void {
    const { relayId } = this.#identity;
    const welcome = { type: 'WELCOME', version: 1, relayId, maxCursor, pendingCount: 0 } as const;
    this.sendFrames(encodeEnvelope(this.envelopeOf(welcome)));
  }

  named(devices: readonly DeviceId[]): Named {
    return {
      groupId: this.groupId!,
      relayId: this.#identity.relayId,
      devices,
      blobs: this.pushed.map(({ blobId }) => blobId),
      payloads: this.pushed.map(({ payload }) => payload),
    };
  }

  #hear(bytes: Uint8Array): void {
    const { message, groupId } = decodeEnvelope(bytes);
    this.groupId = groupId;
    this.heard.push(message);
    if (message.type === 'PUSH') this.pushed = [...this.pushed.slice(-30), message];
  }
}

interface Lied {
  readonly world: World;
  /** The one that is lied to. */
  readonly node: TestNode;
  readonly liar: LyingRelay;
  readonly devices: readonly DeviceId[];
}

/**
 * Two devices meet at a good relay; one then falls into the hands of a liar with the relay's keys. Afterwards nothing has
 * grown, and with the good relay both read each other again.
 */
async function unharmed(work: (lied: Lied) => Promise<void>): Promise<void> {
  const world = new World({ backoff: { firstMs: 100, maxMs: 200 } });
  let identity: RelayIdentity | null = null;
  await world.startRelay([
    (parts) => {
      identity = parts.identity;
      return parts;
    },
  ]);
  const [node, other] = await world.pair();
  await node.push('before');
  await world.converged(node, other);
  for (const one of [node, other]) await one.value('disconnect');
  await world.stopRelay();
  const liar = new LyingRelay(identity!);
  await world.cable.listen((connection) => liar.accept(connection));
  const standing = await standingOf(world);
  const heapBefore = heapBytes();

  const devices = [node, other].map((one) => one.server.node!.identity.id);
  await work({ world, node, liar, devices });

  await node.value('disconnect');
  liar.connection = null;
  expect(await standingOf(world)).toBe(standing);
  expect(heapBytes() - heapBefore).toBeLessThan(24 * 1024 * 1024);
  expect(node.logLines.filter((line) => line.includes('"crash"'))).toEqual([]);
  const authors = (await node.value('items')).items.map(({ author }: { author: string }) => author);
  expect(authors.filter((author: DeviceId) => !devices.includes(author))).toEqual([]);

  await world.startRelay();
  for (const one of [node, other]) await one.value('connect');
  await node.push('after, from the one');
  await other.push('after, from the other');
  for (const one of [node, other]) {
    await world.until('both to hold what was pushed afterwards', async () => {
      const texts = await one.texts();
      return texts.includes('after, from the one') && texts.includes('after, from the other');
    });
  }
}

/** Timers that still wait once everything has had its time. */
async function standingOf(world: World): Promise<number> {
  await world.clock.advance(60_000);
  return world.clock.timerCount;
}

/** Lets time pass until the node has said HELLO on a connection that stands. */
async function hello({ world, node, liar }: Lied): Promise<void> {
  const { state } = await node.server.node!.status();
  if (state === 'stopped' || state === 'disconnected') await node.value('connect');
  await world.until('HELLO', () => liar.saysHello, 60_000, 100);
}

async function session(lied: Lied, maxCursor: number): Promise<void> {
  const { world, node, liar } = lied;
  if (liar.channel !== null && (await node.server.node!.status()).state === 'connected') return;
  await hello(lied);
  liar.welcome(maxCursor);
  await world.clock.advance(20);
}

function failures(node: TestNode) {
  return node.events.flatMap((event) => (event.event === 'handshake-failed' ? [event] : []));
}

test(
  'node, in the handshake: 500 answers damaged, cut, repeated, missing, or of another session end in a typed failure',
  () =>
    unharmed(async (lied) => {
      const { world, node, liar } = lied;
      const earlier: Record<Step, Uint8Array> = { m2: new Uint8Array(3570), m4: new Uint8Array(1122) };
      await node.value('connect');
      await forEachCase('node, in the handshake', 500, async (prng) => {
        const harmed = prng.pick(['m2', 'm2', 'm4'] as const);
        const wrong = (record: Uint8Array): Uint8Array | null => {
          switch (prng.below(8)) {
            case 0:
              return prng.bytes(1 + prng.below(5000));
            case 1:
              return earlier[harmed];
            case 2:
              return recordOf(prng.bytes(record.length - 2));
            case 3:
              return recordOf(prng.bytes(prng.below(60)));
            case 4:
              return prng.pick([null, Uint8Array.of(0xff, 0xff), Uint8Array.of(0, 0)]);
            case 5:
              liar.connection!.destroy();
              return null;
            default:
              return damaged(prng, record);
          }
        };
        liar.answers = (step, record) => {
          const sent = step === harmed ? wrong(record) : record;
          earlier[step] = record;
          return sent;
        };
        const before = failures(node).length;
        await world.until('a failed handshake', () => failures(node).length > before, 60_000, 50);
        const { stage, reason } = failures(node)[before]!;
        expect(handshakeFailureStages).toContain(stage);
        expect(handshakeFailureReasons).toContain(reason);
        expect(failures(node)).toHaveLength(before + 1);
      });
      const failed = (await node.value('stats')).handshakesFailed as Record<string, number>;
      expect(Object.keys(failed)).toEqual(expect.arrayContaining(['length', 'agreement', 'closed', 'timed-out']));
    }),
  timeoutMs,
);

test(
  'node, first frame: 200 frames in the place of WELCOME welcome it, or are a typed failure',
  () =>
    unharmed(async (lied) => {
      const { world, node, liar, devices } = lied;
      await forEachCase('node, first frame', 200, async (prng) => {
        await hello(lied);
        const message = anyMessage(prng, prng.chance(0.5) ? 'WELCOME' : prng.pick(messageNames), liar.named(devices));
        const before = failures(node).length;
        liar.sendFrames(badFrame(prng, liar.envelopeOf(message)));
        await world.clock.advance(100);
        const { state } = await node.server.node!.status();
        if (state !== 'connected' && state !== 'degraded') {
          await world.until('a failed handshake', () => failures(node).length > before, 60_000, 50);
        }
        liar.connection!.destroy();
        await world.clock.advance(20);
      });
    }),
  timeoutMs,
);

/** More often what a node listens to. */
const likely = [...messageNames, ...(['PULL_RESPONSE', 'PULL_RESPONSE', 'PUSH_ACK', 'NOTIFY', 'PRESENCE'] as const)];

test(
  'node, in a session: 40,000 frames of every type with something wrong are counted, or end the session',
  () =>
    unharmed(async (lied) => {
      const { world, node, liar, devices } = lied;
      let sent = 0;
      await forEachCase('node, in a session', 1000, async (prng, index) => {
        await session(lied, prng.pick([0, 1, 5, 2 ** 53 - 1]));
        if (prng.chance(0.2)) await node.push(`during ${index}`);
        const before = (await node.value('stats')).frameErrors as number;
        const { connection } = liar;
        if (liar.channel === null) return; // It ended while the item was saved.
        const frames = Array.from({ length: 40 }, () =>
          badFrame(prng, liar.envelopeOf(anyMessage(prng, prng.pick(likely), liar.named(devices)))),
        );
        frames.push(prng.pick(frames));
        liar.sendFrames(...frames);
        sent += frames.length;
        await world.clock.advance(20);
        expect(nodeStates).toContain((await node.server.node!.status()).state);
        const counted = (await node.value('stats')).frameErrors - before;
        const unreadable = frames.filter(isUnreadable).length;
        if (liar.channel !== null && liar.connection === connection) expect(counted).toBe(unreadable);
        else expect(counted).toBeLessThanOrEqual(unreadable + 1);
        // Now and then long enough for heartbeats, rounds of asking, and requests that nobody answers.
        if (prng.chance(0.1)) await world.clock.advance(12_000);
      });
      expect(sent).toBeGreaterThan(40_000);
    }),
  timeoutMs,
);

function isUnreadable(frame: Uint8Array): boolean {
  try {
    decodeEnvelope(frame);
    return false;
  } catch (error) {
    if (error instanceof MessageError) return true;
    throw error;
  }
}

test(
  'node, records: 200 records damaged, cut, repeated, swapped or too long end the session at once',
  () =>
    unharmed(async (lied) => {
      const { world, node, liar } = lied;
      await forEachCase('node, records', 200, async (prng) => {
        await session(lied, 0);
        const sealed = () =>
          liar.channel!.seal(encodeEnvelope(liar.envelopeOf({ type: 'PROGRESS', receivedBytes: 1 })));
        const [first, second] = [sealed(), sealed()];
        const flipped = Uint8Array.from(first);
        flipped[2 + prng.below(flipped.length - 2)]! ^= 1 << prng.below(8);
        const wrong = prng.pick([
          () => flipped,
          () => concat(second, first),
          () => concat(first, first),
          () => recordOf(prng.bytes(prng.below(60))),
          () => recordOf(first.subarray(2, 2 + prng.below(first.length - 2))),
          () => recordOf(new Uint8Array(65_535).fill(prng.below(256))),
        ])();
        const before = node.events.length;
        liar.connection!.send(wrong);
        await world.clock.advance(6);
        const states = node.events.slice(before).flatMap((event) => (event.event === 'state' ? [event.state] : []));
        expect(states).toEqual(['reconnecting']);
        expect(node.logLines.at(-2)).toContain('"session-ended","reason":"unreadable"');
      });
      const { authFailures, frameErrors } = await node.value('stats');
      expect(authFailures.session + frameErrors).toBe(200);
    }),
  timeoutMs,
);
