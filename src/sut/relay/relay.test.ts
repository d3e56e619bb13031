import { expect, test } from '@jest/globals';
import { errorCodes, frameBytesMax, limits } from '../../contract/wire.ts';
import { toHex } from '../../support/bytes.ts';
import { CipherState } from '../core/cipher-state.ts';
import { encodeEnvelope } from '../core/envelope.ts';
import type { Message } from '../core/messages.ts';
import { recordOf } from '../core/records.ts';
import { StorageError } from '../io/storage-error.ts';
import type { RelayChange } from './parts.ts';
import { RelayStore } from './relay-store.ts';
import { RelayWorld, settled, TestNode } from './relay-world.test-support.ts';

async function pair(tables: Record<string, unknown> = {}, changes: readonly RelayChange[] = []) {
  const world = await RelayWorld.start(tables, changes);
  const groupId = world.newGroup();
  const a = world.newNode(groupId);
  const b = world.newNode(groupId);
  await a.join();
  await b.join();
  return { world, a, b };
}

async function sessionCount(world: RelayWorld): Promise<number> {
  return (await world.relay.stats()).sessions.length;
}

function expectClosed(node: TestNode, code: number): void {
  expect(node.take('ERROR').code).toBe(code);
  expect(node.connection!.end).toBe('closed');
}

function expectGoesOn(node: TestNode, code: number): void {
  expect(node.take('ERROR').code).toBe(code);
  expect(node.connection!.end).toBe('open');
}

test('a pushed blob is acknowledged with cursor 1, told to the other device alone, and pulled by both', async () => {
  const { world, a, b } = await pair();
  const stranger = world.newNode(world.newGroup());
  await stranger.join();
  const push = a.pushOf(world.prng.bytes(300));
  expect(await a.ask(push, 'PUSH_ACK')).toMatchObject({ blobId: push.blobId, cursor: 1, timestamp: 1_800_000_000 });
  expect(b.take('NOTIFY')).toMatchObject({ blobId: push.blobId, cursor: 1, senderId: a.deviceId, size: 300 });
  expect([a.received, stranger.received]).toEqual([[], []]);
  for (const node of [a, b]) {
    const page = await node.ask({ type: 'PULL', afterCursor: 0, limit: 0 }, 'PULL_RESPONSE');
    expect(page).toMatchObject({ hasMore: false, maxCursor: 1 });
    expect(page.blobs).toHaveLength(1);
    expect(page.blobs[0]).toMatchObject({ blobId: push.blobId, senderId: a.deviceId, timestamp: 1_700_000_000 });
    expect(toHex(page.blobs[0]!.payload)).toBe(toHex(push.payload));
  }
  const none = await a.ask({ type: 'PULL', afterCursor: 7, limit: 0 }, 'PULL_RESPONSE');
  expect(none).toMatchObject({ blobs: [], hasMore: false, maxCursor: 7 });
});

test('WELCOME tells head and pending count, and a NOTIFY follows for each pending blob', async () => {
  const { world, a, b } = await pair();
  b.connection!.close();
  for (let index = 0; index < 3; index += 1) a.send(a.pushOf(world.prng.bytes(10)));
  await settled();
  expect(await b.join(1)).toMatchObject({ maxCursor: 3, pendingCount: 2, relayId: world.relay.relayId });
  expect([b.take('NOTIFY').cursor, b.take('NOTIFY').cursor]).toEqual([2, 3]);
  expect(b.received).toEqual([]);
});

test('a retried push gets its first cursor again and is not told twice', async () => {
  const { world, a, b } = await pair();
  const push = a.pushOf(world.prng.bytes(10));
  await a.ask(push, 'PUSH_ACK');
  b.take('NOTIFY');
  a.connection!.close('broken');
  await a.join();
  expect(await a.ask(push, 'PUSH_ACK')).toMatchObject({ cursor: 1 });
  expect(b.received).toEqual([]);
  a.send({ ...push, payload: world.prng.bytes(10) });
  await settled();
  expectGoesOn(a, errorCodes.INVALID_MESSAGE);
});

test('answers come in the order of the requests', async () => {
  const { world, a } = await pair();
  const tooLarge = new Uint8Array(limits.blobBytesMax + 1);
  const requests: Message[] = [
    ...Array.from({ length: 20 }, () => a.pushOf(world.prng.bytes(10))),
    { type: 'PULL', afterCursor: 0, limit: 5 },
    a.pushOf(tooLarge),
    { type: 'PRESENCE', status: 'online', ackedCursor: 2 },
    a.pushOf(world.prng.bytes(10)),
    { type: 'LIST_DEVICES' },
  ];
  for (const request of requests) a.send(request);
  await settled();
  expect(a.typesReceived()).toEqual([
    ...Array.from({ length: 20 }, () => 'PUSH_ACK'),
    ...['PULL_RESPONSE', 'ERROR', 'PRESENCE', 'PUSH_ACK', 'DEVICE_LIST'],
  ]);
});

test('a heartbeat is answered with its own two values, and its cursor acknowledges', async () => {
  const { world, a, b } = await pair();
  await a.ask(a.pushOf(world.prng.bytes(10)), 'PUSH_ACK');
  const beat = { type: 'PRESENCE', status: 'away', ackedCursor: 1 } as const;
  expect(await b.ask(beat, 'PRESENCE')).toEqual(beat);
  const { devices } = await a.ask({ type: 'LIST_DEVICES' }, 'DEVICE_LIST');
  expect(devices.find(({ deviceId }) => deviceId === b.deviceId)).toMatchObject({ pendingBlobs: 0, isOnline: true });
  b.connection!.close();
  const later = await a.ask({ type: 'LIST_DEVICES' }, 'DEVICE_LIST');
  expect(later.devices.find(({ deviceId }) => deviceId === b.deviceId)).toMatchObject({ isOnline: false });
});

test('an acknowledgement beyond the head does not hide the true ones that follow', async () => {
  const { world, a, b } = await pair();
  await b.ask({ type: 'PRESENCE', status: 'online', ackedCursor: 1_000_000 }, 'PRESENCE');
  for (let index = 0; index < 3; index += 1) await a.ask(a.pushOf(world.prng.bytes(10)), 'PUSH_ACK');
  await b.ask({ type: 'PRESENCE', status: 'online', ackedCursor: 2 }, 'PRESENCE');
  const { devices } = await a.ask({ type: 'LIST_DEVICES' }, 'DEVICE_LIST');
  expect(devices.find(({ deviceId }) => deviceId === b.deviceId)).toMatchObject({ pendingBlobs: 1 });
});

test('a deletion by force is told to the others, by another device it is refused', async () => {
  const { world, a, b } = await pair();
  const push = a.pushOf(world.prng.bytes(10));
  await a.ask(push, 'PUSH_ACK');
  b.take('NOTIFY');
  b.send({ type: 'DELETE', blobId: push.blobId, force: true });
  await settled();
  expectGoesOn(b, errorCodes.NOT_BLOB_OWNER);
  a.send({ type: 'DELETE', blobId: push.blobId, force: true });
  await settled();
  expect(b.take('DELETE_NOTIFICATION')).toMatchObject({ blobId: push.blobId, deletedBy: a.deviceId });
  expect(a.received).toEqual([]);
});

test.each<{ says: string; code: number; frame: (a: TestNode, world: RelayWorld) => Uint8Array }>([
  {
    says: 'an unknown type',
    code: errorCodes.INVALID_MESSAGE,
    frame: (a) => {
      const frame = encodeEnvelope(a.envelopeOf({ type: 'LIST_DEVICES' }));
      frame[frame.indexOf(0x52)] = 0x77;
      return frame;
    },
  },
  {
    says: 'a message only a relay sends',
    code: errorCodes.INVALID_MESSAGE,
    frame: (a) => encodeEnvelope(a.envelopeOf({ type: 'PULL_RESPONSE', blobs: [], hasMore: false, maxCursor: 1 })),
  },
  {
    says: 'a message of a later version of the relay',
    code: errorCodes.INVALID_MESSAGE,
    frame: (a) =>
      encodeEnvelope(
        a.envelopeOf({ type: 'REVOKE_DEVICE', deviceId: a.deviceId, reason: 'lost', clearPending: false }),
      ),
  },
  {
    says: 'a second HELLO',
    code: errorCodes.INVALID_MESSAGE,
    frame: (a) => encodeEnvelope(a.envelopeOf(a.helloOf())),
  },
  {
    says: 'a cursor in the envelope of a node',
    code: errorCodes.INVALID_MESSAGE,
    frame: (a) => encodeEnvelope(a.envelopeOf({ type: 'LIST_DEVICES' }, { cursor: 1 })),
  },
  {
    says: 'a blob over the limit',
    code: errorCodes.BLOB_TOO_LARGE,
    frame: (a) => encodeEnvelope(a.envelopeOf(a.pushOf(new Uint8Array(limits.blobBytesMax + 1)))),
  },
])('$says is refused and the session goes on', async ({ code, frame }) => {
  const { world, a, b } = await pair();
  a.sendFrame(frame(a, world));
  await settled();
  expectGoesOn(a, code);
  await a.ask(a.pushOf(world.prng.bytes(10)), 'PUSH_ACK');
  expect(b.typesReceived()).toEqual(['NOTIFY']);
});

test('the largest blob is stored and comes back', async () => {
  const { a } = await pair();
  const push = a.pushOf(new Uint8Array(limits.blobBytesMax).fill(7));
  await a.ask(push, 'PUSH_ACK');
  const { blobs } = await a.ask({ type: 'PULL', afterCursor: 0, limit: 0 }, 'PULL_RESPONSE');
  expect(blobs[0]!.payload).toHaveLength(limits.blobBytesMax);
});

test('a nonce used before is refused, one out of the last 1024 is not remembered', async () => {
  const { a } = await pair({ limits: { messages_per_minute: 0, global_per_second: 0 } });
  const nonce = new Uint8Array(24).fill(9);
  await a.ask({ type: 'LIST_DEVICES' }, 'DEVICE_LIST', { nonce });
  a.send({ type: 'LIST_DEVICES' }, { nonce });
  await settled();
  expectGoesOn(a, errorCodes.INVALID_MESSAGE);
  for (let index = 0; index < 1024; index += 1) await a.ask({ type: 'LIST_DEVICES' }, 'DEVICE_LIST');
  await a.ask({ type: 'LIST_DEVICES' }, 'DEVICE_LIST', { nonce });
});

test.each<{ says: string; message: (a: TestNode, world: RelayWorld) => [Message, object] }>([
  { says: 'another sender', message: (a, world) => [a.pushOf(world.prng.bytes(9)), { senderId: world.newGroup() }] },
  { says: 'another group', message: (a, world) => [a.pushOf(world.prng.bytes(9)), { groupId: world.newGroup() }] },
])('$says in an envelope ends the session', async ({ message }) => {
  const { world, a, b } = await pair();
  a.send(...message(a, world));
  await settled();
  expectClosed(a, errorCodes.UNAUTHORIZED);
  expect(b.received).toEqual([]);
  expect(await sessionCount(world)).toBe(1);
});

test.each<{ says: string; code: number; first: (a: TestNode, world: RelayWorld) => [Message, object?] }>([
  { says: 'anything but HELLO', code: errorCodes.UNAUTHORIZED, first: (a) => [a.pushOf(new Uint8Array(9))] },
  {
    says: 'another version',
    code: errorCodes.INVALID_MESSAGE,
    first: (a) => [{ ...a.helloOf(), version: 2 }],
  },
  {
    says: 'two different groups',
    code: errorCodes.UNAUTHORIZED,
    first: (a, world) => [a.helloOf(), { groupId: world.newGroup() }],
  },
])('$says as the first message ends the connection', async ({ code, first }) => {
  const world = await RelayWorld.start();
  const a = world.newNode(world.newGroup());
  await a.shakeHands();
  a.send(...first(a, world));
  await settled();
  expectClosed(a, code);
  const stats = await world.relay.stats();
  expect([stats.sessions, stats.pendingHandshakes, stats.groups]).toEqual([[], 0, []]);
});

test('a frame that is no envelope ends the session', async () => {
  const { world, a } = await pair();
  a.sendFrame(world.prng.bytes(100));
  await settled();
  expectClosed(a, errorCodes.INVALID_MESSAGE);
});

test('a device that comes with another ML-KEM key is refused, and the session of the right one stays', async () => {
  const world = await RelayWorld.start();
  const groupId = world.newGroup();
  const a = world.newNode(groupId);
  const keys = world.newKeys();
  const right = new TestNode(world, keys, groupId);
  const wrong = new TestNode(world, Uint8Array.from([...keys.subarray(0, 32), ...world.prng.bytes(64)]), groupId);
  await a.join();
  await right.join();
  await wrong.shakeHands();
  wrong.send(wrong.helloOf());
  await settled();
  expectClosed(wrong, errorCodes.UNAUTHORIZED);
  expect(right.connection!.end).toBe('open');
  await a.ask(a.pushOf(world.prng.bytes(10)), 'PUSH_ACK');
  right.take('NOTIFY');
});

test('a revoked device hears so and is let go', async () => {
  const { world, a } = await pair();
  a.connection!.close();
  world.database.raw.prepare('UPDATE devices SET revoked_at = 1 WHERE device_id = ?').run(a.deviceId);
  await a.shakeHands();
  a.send(a.helloOf());
  await settled();
  expectClosed(a, errorCodes.DEVICE_REVOKED);
});

test('classical sessions are refused unless allowed', async () => {
  const refusing = await RelayWorld.start();
  const a = refusing.newNode(refusing.newGroup());
  await a.shakeHands('classical');
  expect(a.connection!.end).toBe('closed');
  expect(refusing.events('connection-turned-away')[0]).toMatchObject({ cause: 'handshake', reason: 'mode' });
  const allowing = await RelayWorld.start({ server: { allow_classical: true } });
  const b = allowing.newNode(allowing.newGroup());
  await b.shakeHands('classical');
  await b.ask(b.helloOf(), 'WELCOME');
});

test('a second session of a device takes the place of the first, which hears why', async () => {
  const { world, a, b } = await pair();
  const first = a.connection!;
  await a.join();
  expect(first.end).toBe('closed');
  expect(a.take('ERROR').message).toContain('replaced');
  expect(await sessionCount(world)).toBe(2);
  await b.ask(b.pushOf(world.prng.bytes(10)), 'PUSH_ACK');
  a.take('NOTIFY');
  expect(world.events('session-closed').map(({ cause }) => cause)).toEqual(['replaced']);
});

test('what is pushed while a HELLO is being stored reaches the arriving device after its WELCOME', async () => {
  let release: () => void = () => undefined;
  class SlowHello extends RelayStore {
    override async enter(...arrival: Parameters<RelayStore['enter']>) {
      const result = await super.enter(...arrival);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return result;
    }
  }
  const world = await RelayWorld.start({}, [
    (parts) => ({ ...parts, store: new SlowHello(parts.database, parts.ports.clock, parts.config) }),
  ]);
  const groupId = world.newGroup();
  const [a, b] = [world.newNode(groupId), world.newNode(groupId)];
  await a.shakeHands();
  a.send(a.helloOf());
  await settled();
  release();
  await settled();
  await b.shakeHands();
  b.send(b.helloOf());
  await settled();
  await a.ask(a.pushOf(world.prng.bytes(10)), 'PUSH_ACK');
  expect(b.received).toEqual([]);
  release();
  await settled();
  expect(b.typesReceived()).toEqual(['WELCOME', 'NOTIFY']);
});

test('without a HELLO a connection ends 10 s after it was accepted, however far it came', async () => {
  const world = await RelayWorld.start();
  const silent = world.connect();
  await world.clock.advance(4000);
  const half = world.newNode(world.newGroup());
  const shaken = world.newNode(world.newGroup());
  await shaken.shakeHands();
  half.connection = world.connect();
  half.connection.send(new TextEncoder().encode('/0k-sync/1'));
  expect((await world.relay.stats()).pendingHandshakes).toBe(3);
  await world.clock.advance(5999);
  expect(silent.end).toBe('open');
  await world.clock.advance(1);
  expect(silent.end).toBe('closed');
  expect(half.connection.end).toBe('open');
  await world.clock.advance(4000);
  expect([half.connection.end, shaken.connection!.end]).toEqual(['closed', 'closed']);
  expect((await world.relay.stats()).pendingHandshakes).toBe(0);
  expect(world.events('connection-turned-away').map(({ cause }) => cause)).toEqual(Array(3).fill('hello-timeout'));
});

test('a session without a received byte is cut after 20 s; any byte is a sign of life', async () => {
  const { world, a, b } = await pair();
  const frame = a.channel!.seal(encodeEnvelope(a.envelopeOf(a.pushOf(world.prng.bytes(30)))));
  for (let index = 0; index < frame.length; index += 20) {
    a.connection!.send(frame.subarray(index, index + 20));
    await world.clock.advance(15_000);
  }
  expect(a.take('PUSH_ACK').cursor).toBe(1);
  expect(b.connection!.end).toBe('closed');
  expect(a.connection!.end).toBe('open');
  await world.clock.advance(5000);
  expect(a.connection!.end).toBe('closed');
  expect(world.events('session-closed').map(({ cause }) => cause)).toEqual(['idle', 'idle']);
});

test('while a frame is incomplete the node hears every 2 s how much has come', async () => {
  const { world, a } = await pair();
  const frame = a.channel!.seal(encodeEnvelope(a.envelopeOf(a.pushOf(world.prng.bytes(100_000)))));
  a.connection!.send(frame.subarray(0, 50_000));
  await world.clock.advance(1999);
  expect(a.received).toEqual([]);
  await world.clock.advance(1);
  expect(a.take('PROGRESS').receivedBytes).toBe(50_000);
  a.connection!.send(frame.subarray(50_000, 90_000));
  await world.clock.advance(2000);
  expect(a.take('PROGRESS').receivedBytes).toBeGreaterThan(89_900);
  a.connection!.send(frame.subarray(90_000));
  await world.clock.advance(10_000);
  expect(a.typesReceived()).toEqual(['PUSH_ACK']);
});

test('messages over the rate are refused and not executed; HELLO and BYE do not count', async () => {
  const { world, a, b } = await pair({ limits: { messages_per_minute: 3 } });
  for (let index = 0; index < 5; index += 1) a.send(a.pushOf(world.prng.bytes(10)));
  await settled();
  expect(a.typesReceived()).toEqual(['PUSH_ACK', 'PUSH_ACK', 'PUSH_ACK', 'ERROR', 'ERROR']);
  expect(a.received.at(-1)).toMatchObject({ code: errorCodes.RATE_LIMITED });
  a.received.length = 0;
  await b.ask(b.pushOf(world.prng.bytes(10)), 'PUSH_ACK');
  a.take('NOTIFY');
  await a.join();
  a.send(a.pushOf(world.prng.bytes(10)));
  await settled();
  expect(a.received.at(-1)).toMatchObject({ code: errorCodes.RATE_LIMITED });
  await world.clock.advance(20_000);
  await a.join();
  expect(await a.ask(a.pushOf(world.prng.bytes(10)), 'PUSH_ACK')).toMatchObject({ cursor: 5 });
});

test('a device that was refused is refused for a second, so that no later push passes an earlier one', async () => {
  const { world, a } = await pair({ limits: { messages_per_minute: 120 } });
  for (let index = 0; index < 120; index += 1) await a.ask(a.pushOf(world.prng.bytes(4)), 'PUSH_ACK');
  a.send(a.pushOf(world.prng.bytes(4)));
  await settled();
  expect(a.received.at(-1)).toMatchObject({ code: errorCodes.RATE_LIMITED });
  // By then there is a token again.
  await world.clock.advance(900);
  a.send(a.pushOf(world.prng.bytes(4)));
  await settled();
  expect(a.received.at(-1)).toMatchObject({ code: errorCodes.RATE_LIMITED });
  await world.clock.advance(200);
  expect(await a.ask(a.pushOf(world.prng.bytes(4)), 'PUSH_ACK')).toMatchObject({ cursor: 121 });
});

test('a rate of 0 is none', async () => {
  const { world, a } = await pair({ limits: { messages_per_minute: 0, global_per_second: 0 } });
  for (let index = 0; index < 2000; index += 1) await a.ask(a.pushOf(world.prng.bytes(4)), 'PUSH_ACK');
});

test('the limit of all devices together refuses too', async () => {
  const { a, b } = await pair({ limits: { global_per_second: 3 } });
  for (const node of [a, b]) for (let index = 0; index < 2; index += 1) node.send({ type: 'LIST_DEVICES' });
  await settled();
  expect(a.typesReceived()).toEqual(['DEVICE_LIST', 'DEVICE_LIST']);
  expect(b.typesReceived()).toEqual(['DEVICE_LIST', 'ERROR']);
});

test('the quota of a group refuses and the session goes on', async () => {
  const { world, a } = await pair({ storage: { max_group_storage: 1000 } });
  await a.ask(a.pushOf(world.prng.bytes(900)), 'PUSH_ACK');
  a.send(a.pushOf(world.prng.bytes(101)));
  await settled();
  expectGoesOn(a, errorCodes.GROUP_QUOTA_EXCEEDED);
  await a.ask(a.pushOf(world.prng.bytes(100)), 'PUSH_ACK');
});

test('an address has its number of connections, an exception has its own, and leaving makes room', async () => {
  const world = await RelayWorld.start({
    limits: { connections_per_ip: 2, connections_per_ip_exceptions: { '10.0.0.9': 5 } },
  });
  const first = world.connect('10.0.0.1');
  expect([world.connect('10.0.0.1').end, world.connect('10.0.0.1').end]).toEqual(['open', 'destroyed']);
  const proxied = Array.from({ length: 6 }, () => world.connect('10.0.0.9').end);
  expect(proxied.filter((end) => end === 'open')).toHaveLength(5);
  first.close();
  expect(world.connect('10.0.0.1').end).toBe('open');
  const { rejects, accepts } = await world.relay.stats();
  expect({ accepts, limit: rejects['address-limit'] }).toEqual({ accepts: 8, limit: 2 });
});

test('the relay takes no more connections than its limit', async () => {
  const world = await RelayWorld.start({ server: { max_connections: 3 } });
  const ends = Array.from({ length: 5 }, (_, index) => world.connect(`10.0.1.${index}`).end);
  expect(ends).toEqual(['open', 'open', 'open', 'destroyed', 'destroyed']);
});

test('lines that strangers cause are at most ten a second, and the rest is counted', async () => {
  const world = await RelayWorld.start({ limits: { connections_per_ip: 1 } });
  world.connect();
  for (let index = 0; index < 500; index += 1) world.connect();
  await world.clock.advance(1000);
  world.connect();
  const lines = world.events('connection-refused');
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toMatchObject({ reason: 'address-limit', skipped: 490 });
});

test('a peer that stops reading is let go, and given up when it does not close', async () => {
  const { world, a } = await pair();
  const push = a.pushOf(new Uint8Array(limits.blobBytesMax));
  await a.ask(push, 'PUSH_ACK');
  a.connection!.isBlocked = true;
  for (let index = 0; index < 6; index += 1) a.send({ type: 'PULL', afterCursor: 0, limit: 0 });
  await settled();
  expect(a.connection!.end).toBe('closed');
  expect(world.events('session-closed')[0]).toMatchObject({ cause: 'slow-reader' });
  await world.clock.advance(1000);
  expect((await world.relay.pages.health()).connections).toBe(1);
});

test('more requests at once than a node may have open end the session', async () => {
  const { world, a } = await pair({ limits: { messages_per_minute: 0 } });
  for (let index = 0; index < 66; index += 1) a.send({ type: 'LIST_DEVICES' });
  await settled();
  expectClosed(a, errorCodes.RELAY_OVERLOADED);
  expect(world.events('session-closed')[0]).toMatchObject({ cause: 'overloaded' });
});

test('storage that fails ends the session with an error to try again after, and the relay goes on', async () => {
  let isFull = true;
  class FullStore extends RelayStore {
    override push(...args: Parameters<RelayStore['push']>) {
      return isFull ? Promise.reject(new StorageError('relay.push', 'full', null)) : super.push(...args);
    }
  }
  const { world, a } = await pair({}, [
    (parts) => ({ ...parts, store: new FullStore(parts.database, parts.ports.clock, parts.config) }),
  ]);
  const push = a.pushOf(world.prng.bytes(10));
  a.send(push);
  await settled();
  expectClosed(a, errorCodes.RELAY_OVERLOADED);
  expect(world.events('storage-failed')[0]).toMatchObject({ step: 'relay.push', failure: 'full' });
  isFull = false;
  await a.join();
  expect(await a.ask(push, 'PUSH_ACK')).toMatchObject({ cursor: 1 });
  expect(world.errors).toEqual([]);
});

test('an error of our own is fatal and answers nothing', async () => {
  class BrokenStore extends RelayStore {
    override push(): never {
      throw new TypeError('a bug');
    }
  }
  const { world, a } = await pair({}, [
    (parts) => ({ ...parts, store: new BrokenStore(parts.database, parts.ports.clock, parts.config) }),
  ]);
  a.send(a.pushOf(world.prng.bytes(10)));
  await settled();
  expect(world.errors).toHaveLength(1);
  expect(a.received).toEqual([]);
});

test('BYE ends the session after what was asked before it', async () => {
  const { world, a } = await pair();
  a.send(a.pushOf(world.prng.bytes(10)));
  a.send({ type: 'BYE', reason: null });
  a.send(a.pushOf(world.prng.bytes(10)));
  await settled();
  expect(a.typesReceived()).toEqual(['PUSH_ACK']);
  expect(a.connection!.end).toBe('closed');
  expect((await world.relay.stats()).groups[0]).toMatchObject({ headCursor: 1 });
});

test('stopping tells every session, closes everything and leaves no timer', async () => {
  const { world, a, b } = await pair();
  const waiting = world.connect();
  b.connection!.isBlocked = true;
  const stopping = world.relay.stop();
  await world.clock.advance(999);
  expectClosed(a, errorCodes.RELAY_SHUTTING_DOWN);
  expect(waiting.end).toBe('closed');
  await world.clock.advance(1);
  await stopping;
  expect(world.clock.timerCount).toBe(0);
  expect(world.connect().end).toBe('destroyed');
  expect(() => world.database.raw.prepare('SELECT 1')).toThrow();
  expect(world.events('relay-stopped')).toHaveLength(1);
});

test('cleanup runs at start and after each interval', async () => {
  const { world, a } = await pair({ cleanup: { interval: 60 } });
  await a.ask(a.pushOf(world.prng.bytes(10), 30), 'PUSH_ACK');
  await world.clock.advance(59_999);
  expect(await world.relay.stats()).toMatchObject({ cleanupRuns: 1, expired: 0, groups: [{ blobs: 1 }] });
  await world.clock.advance(1);
  expect(await world.relay.stats()).toMatchObject({ cleanupRuns: 2, expired: 1, groups: [{ blobs: 0 }] });
  await world.clock.advance(120_000);
  expect(await world.relay.stats()).toMatchObject({ cleanupRuns: 4 });
});

test('a frame longer than allowed ends the session at its length, before its body', async () => {
  const { world, a } = await pair();
  const claim = new Uint8Array(8);
  new DataView(claim.buffer).setUint32(0, frameBytesMax + 1);
  // The frame's length goes where an envelope would: the channel seals what it is given.
  const forged = forgedFrame(a, claim);
  a.connection!.send(forged);
  await settled();
  expect(a.connection!.end).toBe('closed');
  expect(world.events('session-closed')[0]).toMatchObject({ cause: 'bad-frame' });
});

/** Seals `plaintext` as one record without the frame's own length before it. */
function forgedFrame(node: TestNode, plaintext: Uint8Array): Uint8Array {
  const { sendKey, sendCounter } = node.channel!.exportKeys();
  const sealed = new CipherState(sendKey, sendCounter).seal(new Uint8Array(0), plaintext);
  return recordOf(sealed);
}

test('the same seed gives the same bytes', async () => {
  const run = async () => {
    const { world, a, b } = await pair();
    await a.ask(a.pushOf(world.prng.bytes(1000)), 'PUSH_ACK');
    await b.ask({ type: 'PULL', afterCursor: 0, limit: 0 }, 'PULL_RESPONSE');
    return [a, b].flatMap((node) => node.connection!.arrived.map(toHex));
  };
  expect(await run()).toEqual(await run());
});
