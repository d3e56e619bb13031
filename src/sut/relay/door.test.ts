import { expect, test } from '@jest/globals';
import {
  errorNameOf,
  messageTypes,
  modeBytes,
  preambleBytes,
  protocolId,
  rekeyEveryRecords,
} from '../../contract/wire.ts';
import { concat, utf8 } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { CipherState } from '../core/cipher-state.ts';
import { decodeEnvelope, encodeEnvelope, MessageError } from '../core/envelope.ts';
import {
  anyMessage,
  badFrame,
  damaged,
  forEachCase,
  heapBytes,
  messageNames,
  type Named,
} from '../core/garbage.test-support.ts';
import { seededKem } from '../core/kem.ts';
import { ephemeralsBytes, ephemeralsOf, staticKeysOf } from '../core/key-material.ts';
import type { MessageOf } from '../core/messages.ts';
import { recordOf } from '../core/records.ts';
import { SecureChannel } from '../core/secure-channel.ts';
import { type CloseCause, closeCauses } from './log-events.ts';
import { RelayWorld, settled, type TestConnection, type TestNode } from './relay-world.test-support.ts';

const open = {
  server: { allow_classical: true, max_connections: 100_000 },
  log: { level: 'info' },
  limits: { messages_per_minute: 0, global_per_second: 0, connections_per_ip: 100_000 },
  storage: { max_group_storage: 100_000 },
};
/** Generous: the machine may be busy. */
const timeoutMs = 120_000;
const opening = concat(utf8(protocolId), Uint8Array.of(modeBytes.hybrid));

/** Bytes as they come to an open port: noise, other protocols, and our own opening gone wrong. */
function garbageOf(prng: Prng): Uint8Array {
  const noise = prng.bytes(prng.below(600));
  switch (prng.below(5)) {
    case 0:
      return noise;
    case 1:
      return utf8('GET / HTTP/1.1\r\nHost: relay\r\n\r\n');
    case 2:
      return concat(opening.subarray(0, prng.below(opening.length + 1)), noise);
    case 3:
      return concat(opening, recordOf(noise));
    default:
      // The right length, and a KEM key that is none.
      return concat(opening, recordOf(prng.bytes(1216)));
  }
}

/** The bytes in one to three chunks. */
function sendInChunks(prng: Prng, connection: TestConnection, bytes: Uint8Array): void {
  const cuts = [0, prng.below(bytes.length + 1), prng.below(bytes.length + 1), bytes.length].toSorted((a, b) => a - b);
  for (let index = 1; index < cuts.length; index += 1) {
    const chunk = bytes.subarray(cuts[index - 1], cuts[index]);
    if (chunk.length > 0) connection.send(chunk);
  }
}

/** What must be as before when everybody has gone. */
async function standing(world: RelayWorld) {
  await world.clock.advance(21_000);
  const { sessions, pendingHandshakes } = await world.relay.stats();
  const { connections } = await world.relay.pages.health();
  world.lines.length = 0;
  return { sessions, pendingHandshakes, connections, timers: world.clock.timerCount };
}

/** Runs `work` in a world of its own; afterwards nothing stands, nothing has grown, and good devices are served. */
async function unharmed(work: (world: RelayWorld) => Promise<void>): Promise<void> {
  const world = await RelayWorld.start(open);
  const before = await standing(world);
  const heapBefore = heapBytes();
  await work(world);
  expect(await standing(world)).toEqual(before);
  expect(world.errors).toEqual([]);
  expect(heapBytes() - heapBefore).toBeLessThan(24 * 1024 * 1024);
  await expectService(world);
}

/** Two good devices meet, and one reads what the other pushed. */
async function expectService(world: RelayWorld): Promise<void> {
  const groupId = world.newGroup();
  const [author, reader] = [world.newNode(groupId), world.newNode(groupId)];
  await author.join();
  await reader.join();
  const push = author.pushOf(world.prng.bytes(500));
  expect(await author.ask(push, 'PUSH_ACK')).toMatchObject({ cursor: 1 });
  const { blobs } = await reader.ask({ type: 'PULL', afterCursor: 0, limit: 0 }, 'PULL_RESPONSE');
  expect(blobs.map(({ blobId, payload }) => [blobId, Buffer.from(payload)])).toEqual([
    [push.blobId, Buffer.from(push.payload)],
  ]);
}

function closedWith(world: RelayWorld, event: 'connection-turned-away' | 'session-closed'): CloseCause[] {
  const causes = world.events(event).map(({ cause }) => cause as CloseCause);
  expect(causes.filter((cause) => !closeCauses.includes(cause))).toEqual([]);
  return causes;
}

test(
  'relay, at the door: 10,000 streams that are no handshake',
  () =>
    unharmed(async (world) => {
      await forEachCase('relay, at the door', 10_000, async (prng) => {
        const connection = world.connect();
        sendInChunks(prng, connection, garbageOf(prng));
        if (prng.chance(0.2)) connection.close(prng.pick(['broken', 'ended']));
      });
      const { rejects, accepts } = await world.relay.stats();
      await world.clock.advance(21_000);
      expect(accepts).toBe(10_000);
      // The rest says nothing and waits for the time limit.
      expect(rejects.handshake).toBeGreaterThan(7000);
      closedWith(world, 'connection-turned-away');
      expect(world.lines.length).toBeLessThan(100);
    }),
  timeoutMs,
);

/** A stranger's side of a handshake, up to what it would send next. */
function stranger(world: RelayWorld, prng: Prng) {
  const connection = world.connect();
  const channel = new SecureChannel({
    role: 'initiator',
    mode: 'hybrid',
    keys: strangerKeys,
    ephemerals: ephemeralsOf(prng.bytes(ephemeralsBytes)),
    kem: seededKem,
  });
  return { connection, channel, m1: channel.start() };
}

const strangerKeys = staticKeysOf(new Uint8Array(96).fill(7));

test(
  'relay, in the handshake: 600 first and third messages damaged, cut, repeated, swapped, or of another session',
  () =>
    unharmed(async (world) => {
      let otherThird: Uint8Array | null = null;
      await forEachCase('relay, in the handshake', 600, async (prng) => {
        const { connection, channel, m1 } = stranger(world, prng);
        const record = m1.subarray(preambleBytes);
        const way = prng.below(8);
        if (way <= 2) {
          sendInChunks(
            prng,
            connection,
            way === 0 ? concat(m1, m1) : way === 1 ? damaged(prng, m1) : concat(opening, damaged(prng, record)),
          );
          await settled();
          // Damage may leave a message that still lacks its end.
          if (way === 0) expect(connection.end).toBe('closed');
          return;
        }
        let m3: Uint8Array | null = null;
        connection.onBytes = (bytes) => {
          for (const event of channel.receive(bytes)) if (event.kind === 'send') m3 = event.bytes;
        };
        connection.send(m1);
        await settled();
        const third: Uint8Array = m3!;
        const wrong = [
          damaged(prng, third),
          otherThird ?? record,
          record,
          recordOf(prng.bytes(17 + prng.below(100))),
          recordOf(new Uint8Array(0)),
        ][way - 3]!;
        otherThird = third;
        connection.onBytes = () => undefined;
        sendInChunks(prng, connection, wrong);
        await settled();
        if (way > 3) expect(connection.end).toBe('closed');
      });
      await world.clock.advance(21_000);
      const causes = closedWith(world, 'connection-turned-away');
      expect(new Set(causes)).toEqual(new Set(['handshake', 'hello-timeout']));
    }),
  timeoutMs,
);

test(
  'relay, first frame: 250 frames in the place of HELLO are welcomed, or answered and closed',
  () =>
    unharmed(async (world) => {
      const groupId = world.newGroup();
      await forEachCase('relay, first frame', 250, async (prng) => {
        const node = world.newNode(groupId);
        await node.shakeHands('classical');
        const message = prng.chance(0.6)
          ? node.helloOf(prng.below(5))
          : anyMessage(prng, prng.pick(messageNames), namedBy(node));
        node.sendFrame(
          prng.chance(0.7) ? badFrame(prng, node.envelopeOf(message)) : encodeEnvelope(node.envelopeOf(message)),
        );
        await settled();
        const isWelcome = node.typesReceived()[0] === 'WELCOME';
        expect(node.connection!.end).toBe(isWelcome ? 'open' : 'closed');
        if (!isWelcome) expect(errorsOf(node)).toHaveLength(1);
        node.connection!.close();
      });
      expect(new Set(closedWith(world, 'session-closed'))).toEqual(new Set(['peer-ended']));
    }),
  timeoutMs,
);

function namedBy(node: TestNode, blobs: Named['blobs'] = []): Named {
  const { deviceId, groupId } = node;
  return { groupId, relayId: deviceId as string as Named['relayId'], devices: [deviceId], blobs, payloads: [] };
}

/** The names of the errors that arrived; one without a name is a failure. */
function errorsOf(node: TestNode): string[] {
  const errors = node.received.filter((message): message is MessageOf<'ERROR'> => message.type === 'ERROR');
  const names = errors.map(({ code }) => errorNameOf(code));
  expect(names).not.toContain(null);
  return names as string[];
}

/** Whether the relay executes the frame without an answer. */
function isSilent(frame: Uint8Array): boolean {
  try {
    const { message, cursor } = decodeEnvelope(frame);
    return ['DELETE', 'ERROR'].includes(message.type) && cursor === 0;
  } catch (error) {
    if (error instanceof MessageError) return false;
    throw error;
  }
}

test(
  'relay, in a session: 48,000 frames of every type with something wrong are each answered, or end the session',
  () =>
    unharmed(async (world) => {
      const node = world.newNode(world.newGroup());
      const blobs: MessageOf<'PUSH'>['blobId'][] = [];
      let sessions = 0;
      await forEachCase('relay, in a session', 1600, async (prng) => {
        if (node.connection?.end !== 'open') {
          await node.shakeHands('classical');
          await node.ask(node.helloOf(), 'WELCOME');
          sessions += 1;
        }
        node.received.length = 0;
        const frames = Array.from({ length: 30 }, () => {
          const envelope = node.envelopeOf(anyMessage(prng, prng.pick(messageNames), namedBy(node, blobs)));
          if (envelope.message.type === 'PUSH' && blobs.length < 50) blobs.push(envelope.message.blobId);
          return badFrame(prng, envelope);
        });
        // Replayed: refused for its nonce.
        frames.push(prng.pick(frames));
        sendInChunks(prng, node.connection!, concat(...frames.map((frame) => node.channel!.seal(frame))));
        await settled();
        errorsOf(node);
        if (node.connection!.end === 'open') {
          expect(node.received).toHaveLength(1 + frames.slice(0, 30).filter((frame) => !isSilent(frame)).length);
        }
      });
      node.connection!.close();
      // The others came after the one that ended their session.
      expect((await world.relay.stats()).framesIn).toBeGreaterThan(40_000);
      const ends = closedWith(world, 'session-closed');
      expect(ends).toHaveLength(sessions);
      const expected: CloseCause[] = ['bye', 'invalid-message', 'unauthorized', 'peer-ended'];
      expect([...new Set(ends)].filter((cause) => !expected.includes(cause))).toEqual([]);
      await expectRowsWithin(world);
    }),
  timeoutMs,
);

/** One group of one device, within its quota. */
async function expectRowsWithin(world: RelayWorld): Promise<void> {
  const rows = (table: string) => world.database.raw.prepare(`SELECT COUNT(*) AS count FROM ${table}`).get()!.count;
  expect(rows('devices')).toBe(1);
  expect(rows('group_cursors')).toBe(1);
  const { blobs, bytes } = world.database.raw.prepare('SELECT blobs, bytes FROM group_usage').get() as Record<
    string,
    number
  >;
  expect(bytes).toBeLessThanOrEqual(open.storage.max_group_storage);
  expect(rows('blobs')).toBe(blobs);
}

test(
  'relay, records: 200 records damaged, cut, repeated, swapped or too long after the handshake end the session at once',
  () =>
    unharmed(async (world) => {
      const groupId = world.newGroup();
      await forEachCase('relay, records', 200, async (prng) => {
        const node = world.newNode(groupId);
        await node.shakeHands('classical');
        await node.ask(node.helloOf(), 'WELCOME');
        const sealed = () => node.channel!.seal(encodeEnvelope(node.envelopeOf({ type: 'LIST_DEVICES' })));
        const [first, second] = [sealed(), sealed()];
        const flipped = Uint8Array.from(first);
        flipped[2 + prng.below(flipped.length - 2)]! ^= 1 << prng.below(8);
        const wrong = prng.pick([
          () => [flipped],
          () => [second, first],
          () => [first, first],
          () => [recordOf(prng.bytes(prng.below(60)))],
          () => [recordOf(first.subarray(2, 2 + prng.below(first.length - 2)))],
          () => [recordOf(new Uint8Array(65_535).fill(prng.below(256)))],
          () => [withFrameLength(node, prng.pick([0, 1_114_113, 2 ** 31, 2 ** 32 - 1]))],
        ])();
        node.received.length = 0;
        for (const record of wrong) {
          node.connection!.send(record);
          await settled();
        }
        expect(node.connection!.end).toBe('closed');
        expect(node.typesReceived()).toEqual(wrong[0] === first ? ['DEVICE_LIST'] : []);
      });
      expect(new Set(closedWith(world, 'session-closed'))).toEqual(new Set(['bad-record', 'bad-frame']));
    }),
  timeoutMs,
);

/** A good record whose frame has an impossible length. */
function withFrameLength(node: TestNode, length: number): Uint8Array {
  const { sendKey, sendCounter } = node.channel!.exportKeys();
  const plaintext = new Uint8Array(20);
  new DataView(plaintext.buffer).setUint32(0, length);
  // The two records sealed before were not sent.
  return recordOf(new CipherState(sendKey, sendCounter - 2n).seal(new Uint8Array(0), plaintext));
}

test(
  'relay: all 256 message types are answered, and only the known ones do anything',
  async () => {
    const world = await RelayWorld.start(open);
    const node = world.newNode(world.newGroup());
    await node.join();
    const template = encodeEnvelope(node.envelopeOf({ type: 'LIST_DEVICES' }));
    const at = template.indexOf(messageTypes.LIST_DEVICES);
    for (let type = 0; type < 256; type += 1) {
      if (node.connection!.end !== 'open') await node.join();
      node.received.length = 0;
      const body = encodeEnvelope(node.envelopeOf({ type: 'LIST_DEVICES' }));
      // Types of 128 and more take two bytes.
      const number = type < 128 ? [type] : [0xcc, type];
      node.sendFrame(Uint8Array.from([...body.subarray(0, at), ...number, ...body.subarray(at + 1)]));
      await settled();
      if (type === messageTypes.LIST_DEVICES) expect(node.typesReceived()).toEqual(['DEVICE_LIST']);
      else expect(node.typesReceived()).toEqual(['ERROR']);
    }
    expect((await world.relay.stats()).groups[0]).toMatchObject({ headCursor: 0, blobs: 0 });
  },
  timeoutMs,
);

test(
  'relay: a frame may span records and chunks of any size',
  async () => {
    const world = await RelayWorld.start(open);
    const prng = new Prng('chunks');
    const node = world.newNode(world.newGroup());
    await node.join();
    const { sendKey, sendCounter } = node.channel!.exportKeys();
    const cipher = new CipherState(sendKey, sendCounter);
    const envelope = encodeEnvelope(node.envelopeOf(node.pushOf(prng.bytes(3000))));
    const plaintext = new Uint8Array(4 + envelope.length);
    new DataView(plaintext.buffer).setUint32(0, envelope.length);
    plaintext.set(envelope, 4);
    const stream: number[] = [];
    for (let offset = 0; offset < plaintext.length; ) {
      const bytes = 1 + prng.below(100);
      stream.push(...recordOf(cipher.seal(new Uint8Array(0), plaintext.subarray(offset, offset + bytes))));
      offset += bytes;
    }
    expect(cipher.counter).toBeLessThan(BigInt(rekeyEveryRecords));
    for (let offset = 0; offset < stream.length; ) {
      const bytes = 1 + prng.below(7);
      node.connection!.send(Uint8Array.from(stream.slice(offset, offset + bytes)));
      offset += bytes;
    }
    await settled();
    expect(node.take('PUSH_ACK').cursor).toBe(1);
  },
  timeoutMs,
);
