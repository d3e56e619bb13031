import { beforeEach, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { type BlobId, blobIdFromRandom, deviceIdFromBytes, groupIdFromBytes } from '../core/ids.ts';
import { type Arrival, type NewBlob, RelayStore } from './relay-store.ts';
import { memoryDatabase, TestClock } from './relay-world.test-support.ts';

const prng = new Prng('relay store');
const group = groupIdFromBytes(prng.bytes(32));
const otherGroup = groupIdFromBytes(prng.bytes(32));
const [a, b, c] = [0, 1, 2].map(() => deviceIdFromBytes(prng.bytes(32))) as [never, never, never];
const rules = { groupBytesMax: 10_000, ttlSecondsDefault: 100, ttlSecondsMax: 1000, pullLimitMax: 1000 };

let clock: TestClock;
let database: ReturnType<typeof memoryDatabase>;
let store: RelayStore;

beforeEach(() => {
  clock = new TestClock();
  database = memoryDatabase();
  store = new RelayStore(database, clock, rules);
});

function newBlob(changed: Partial<NewBlob> = {}): NewBlob {
  return {
    groupId: group,
    blobId: blobIdFromRandom(prng.bytes(16)),
    senderId: a,
    payload: prng.bytes(100),
    timestamp: 1,
    ttlSeconds: 0,
    ...changed,
  };
}

function enter(deviceId: Arrival['deviceId'], changed: Partial<Arrival> = {}) {
  const kemFingerprint = new Uint8Array(32).fill(1);
  return store.enter({
    groupId: group,
    deviceId,
    sealedName: prng.bytes(50),
    kemFingerprint,
    lastCursor: 0,
    ...changed,
  });
}

async function pushed(changed: Partial<NewBlob> = {}): Promise<{ blobId: BlobId; cursor: number }> {
  const blob = newBlob(changed);
  const result = await store.push(blob);
  if (result.kind !== 'stored') throw new Error(`expected stored, got ${result.kind}`);
  return { blobId: blob.blobId, cursor: result.cursor };
}

async function cursors(afterCursor = 0, limit = 0, groupId = group): Promise<number[]> {
  return (await store.pull(groupId, afterCursor, limit)).blobs.map(({ cursor }) => cursor);
}

test('cursors start at 1 and count per group', async () => {
  expect((await pushed()).cursor).toBe(1);
  expect((await pushed()).cursor).toBe(2);
  expect((await pushed({ groupId: otherGroup })).cursor).toBe(1);
  expect(await cursors()).toEqual([1, 2]);
});

test('a push that fails inside its transaction costs no cursor', async () => {
  class FailingStore extends RelayStore {
    protected override insert(): number {
      throw new Error('no room');
    }
  }
  await pushed();
  await expect(new FailingStore(database, clock, rules).push(newBlob())).rejects.toThrow('no room');
  expect((await pushed()).cursor).toBe(2);
});

test('the same blob again gets its first cursor and time, and nothing is stored', async () => {
  const blob = newBlob();
  const first = await store.push(blob);
  await clock.advance(5000);
  expect(await store.push(blob)).toEqual({ ...first, kind: 'repeated' });
  expect(await cursors()).toEqual([1]);
  expect((await pushed()).cursor).toBe(2);
});

test.each([
  ['another payload', { payload: new Uint8Array(100) }],
  ['another sender', { senderId: b }],
])('the same id with %s is a conflict and costs nothing', async (_what, changed) => {
  const blob = newBlob();
  await store.push(blob);
  expect(await store.push({ ...blob, ...changed })).toEqual({ kind: 'conflict' });
  expect((await pushed()).cursor).toBe(2);
});

test('the same id in another group is another blob', async () => {
  const blob = newBlob();
  await store.push(blob);
  expect(await store.push({ ...blob, groupId: otherGroup })).toMatchObject({ kind: 'stored', cursor: 1 });
});

test('the quota counts stored bytes per group, also across a restart, and deletion frees it', async () => {
  await enter(a);
  const { blobId } = await pushed({ payload: prng.bytes(9_000) });
  expect(await store.push(newBlob({ payload: prng.bytes(1001) }))).toEqual({ kind: 'quota-exceeded' });
  const restarted = new RelayStore(database, clock, rules);
  expect(await restarted.push(newBlob({ payload: prng.bytes(1001) }))).toEqual({ kind: 'quota-exceeded' });
  expect(await store.push(newBlob({ payload: prng.bytes(1000) }))).toMatchObject({ kind: 'stored', cursor: 2 });
  expect(await store.push(newBlob({ groupId: otherGroup, payload: prng.bytes(5000) }))).toMatchObject({ cursor: 1 });
  await store.remove(group, a, blobId, true);
  expect(await store.push(newBlob({ payload: prng.bytes(9_000) }))).toMatchObject({ kind: 'stored', cursor: 3 });
});

test('a pull is ascending, obeys its limit, and says whether more is left', async () => {
  for (let index = 0; index < 5; index += 1) await pushed();
  expect(await store.pull(group, 1, 2)).toMatchObject({ blobs: [{ cursor: 2 }, { cursor: 3 }], hasMore: true });
  expect(await store.pull(group, 3, 2)).toMatchObject({ blobs: [{ cursor: 4 }, { cursor: 5 }], hasMore: false });
  expect(await store.pull(group, 5, 2)).toEqual({ blobs: [], hasMore: false });
});

test('a pull without limit takes 100, and never more than the most allowed', async () => {
  for (let index = 0; index < 130; index += 1) await pushed({ payload: prng.bytes(10) });
  expect(await cursors(0, 0)).toHaveLength(100);
  const small = new RelayStore(database, clock, { ...rules, pullLimitMax: 20 });
  expect((await small.pull(group, 0, 4_000_000_000)).blobs).toHaveLength(20);
});

test('a page is cut to what fits one frame, but holds at least one blob', async () => {
  const large = new RelayStore(database, clock, { ...rules, groupBytesMax: 1e8 });
  for (const bytes of [400_000, 400_000, 400_000, 1_048_576]) {
    await large.push(newBlob({ payload: new Uint8Array(bytes) }));
  }
  expect(await large.pull(group, 0, 0)).toMatchObject({ blobs: [{ cursor: 1 }, { cursor: 2 }], hasMore: true });
  expect(await large.pull(group, 2, 0)).toMatchObject({ blobs: [{ cursor: 3 }], hasMore: true });
  expect(await large.pull(group, 3, 0)).toMatchObject({ blobs: [{ cursor: 4 }], hasMore: false });
});

test('an expired blob is gone for readers before any cleanup, and its cursor is not given again', async () => {
  await enter(b);
  await pushed({ ttlSeconds: 10 });
  await pushed({ ttlSeconds: 20 });
  await clock.advance(10_000);
  expect(await cursors()).toEqual([2]);
  expect(await enter(b)).toMatchObject({ pendingCount: 1, maxCursor: 2, pending: [{ cursor: 2 }] });
  await clock.advance(10_000);
  expect(await cursors()).toEqual([]);
  expect(await store.cleanup()).toEqual({ expired: 2, deleted: 0, acknowledged: 0 });
  expect((await pushed()).cursor).toBe(3);
});

test('ttl 0 is the default, and a longer one than allowed is cut', async () => {
  await pushed({ ttlSeconds: 0 });
  await pushed({ ttlSeconds: 4_000_000_000 });
  await clock.advance(99_000);
  expect(await cursors()).toEqual([1, 2]);
  await clock.advance(1000);
  expect(await cursors()).toEqual([2]);
  await clock.advance(900_000);
  expect(await cursors()).toEqual([]);
});

test('HELLO tells the head, what is pending, and one notice for each pending blob of others', async () => {
  await enter(a);
  await pushed({ senderId: a });
  const { blobId } = await pushed({ senderId: b });
  expect(await enter(a)).toEqual({
    kind: 'entered',
    maxCursor: 2,
    pendingCount: 1,
    pending: [{ blobId, cursor: 2, senderId: b, timestamp: 1, size: 100 }],
  });
  expect(await enter(a, { lastCursor: 2 })).toMatchObject({ pendingCount: 0, pending: [], maxCursor: 2 });
});

test('of more than a hundred pending blobs the first hundred and the newest are told', async () => {
  await enter(a);
  for (let index = 0; index < 150; index += 1) await pushed({ senderId: b, payload: prng.bytes(5) });
  const entered = await enter(a);
  if (entered.kind !== 'entered') throw new Error(entered.kind);
  expect(entered.pendingCount).toBe(150);
  expect(entered.pending.map(({ cursor }) => cursor)).toEqual([...Array.from({ length: 100 }, (_, i) => i + 1), 150]);
});

test('the head stays when its blob is gone', async () => {
  await enter(a);
  const { blobId } = await pushed();
  await store.remove(group, a, blobId, true);
  expect(await enter(a)).toMatchObject({ maxCursor: 1, pendingCount: 0 });
});

test('an acknowledgement never goes down and never beyond the head', async () => {
  await enter(a);
  for (let index = 0; index < 3; index += 1) await pushed({ senderId: b });
  const pending = async () => (await store.devices(group))[0]!.pendingBlobs;
  expect(await pending()).toBe(3);
  await store.acknowledge(group, a, 2);
  expect(await pending()).toBe(1);
  await store.acknowledge(group, a, 1);
  expect(await pending()).toBe(1);
  await store.acknowledge(group, a, 1_000_000);
  await pushed({ senderId: b });
  expect(await pending()).toBe(1);
  expect(await enter(a, { lastCursor: 0 })).toMatchObject({ pendingCount: 1 });
});

test('a device keeps the ML-KEM key it came with first, in every group', async () => {
  expect(await enter(a)).toMatchObject({ kind: 'entered' });
  const otherKey = { kemFingerprint: new Uint8Array(32).fill(2) };
  expect(await enter(a, otherKey)).toEqual({ kind: 'other-key' });
  expect(await enter(a, { ...otherKey, groupId: otherGroup })).toEqual({ kind: 'other-key' });
  expect(await enter(a, { kemFingerprint: null })).toEqual({ kind: 'other-key' });
  expect(await enter(a)).toMatchObject({ kind: 'entered' });
  expect(await enter(b, { kemFingerprint: null })).toMatchObject({ kind: 'entered' });
  expect(await enter(b, otherKey)).toMatchObject({ kind: 'entered' });
  expect(await enter(b, { kemFingerprint: null })).toEqual({ kind: 'other-key' });
});

test('a revoked device is refused in its group, not listed, and nobody waits for it', async () => {
  await enter(a);
  await enter(b);
  await enter(c);
  await pushed();
  database.raw.exec('UPDATE devices SET revoked_at = 1 WHERE device_id = (SELECT max(device_id) FROM devices)');
  const [revoked] = [a, b, c].toSorted().slice(-1);
  expect(await enter(revoked!)).toEqual({ kind: 'revoked' });
  expect(await enter(revoked!, { groupId: otherGroup })).toMatchObject({ kind: 'entered' });
  expect((await store.devices(group)).map(({ deviceId }) => deviceId)).not.toContain(revoked);
  for (const device of [a, b, c]) if (device !== revoked) await store.acknowledge(group, device, 1);
  expect(await store.cleanup()).toMatchObject({ acknowledged: 1 });
});

test('cleanup removes what all of at least two devices acknowledged, and nothing else', async () => {
  await enter(a);
  await pushed();
  await pushed();
  await store.acknowledge(group, a, 2);
  expect(await store.cleanup()).toEqual({ expired: 0, deleted: 0, acknowledged: 0 });
  await enter(b);
  expect(await store.cleanup()).toMatchObject({ acknowledged: 0 });
  await store.acknowledge(group, b, 1);
  expect(await store.cleanup()).toMatchObject({ acknowledged: 1 });
  expect(await cursors()).toEqual([2]);
});

test('deleting without force waits for every other device', async () => {
  await enter(a);
  const { blobId } = await pushed();
  expect(await store.remove(group, a, blobId, false)).toBe('marked');
  expect(await store.cleanup()).toMatchObject({ deleted: 0 });
  await enter(b);
  await enter(c);
  expect(await cursors()).toEqual([1]);
  await store.acknowledge(group, b, 1);
  expect(await store.remove(group, a, blobId, false)).toBe('marked');
  expect(await store.cleanup()).toMatchObject({ deleted: 0 });
  await store.acknowledge(group, c, 1);
  expect(await store.cleanup()).toEqual({ expired: 0, deleted: 1, acknowledged: 0 });
  expect(await cursors()).toEqual([]);
});

test('deleting without force removes at once what the others have', async () => {
  await enter(a);
  await enter(b);
  const { blobId } = await pushed();
  await store.acknowledge(group, b, 1);
  expect(await store.remove(group, a, blobId, false)).toBe('removed');
  expect(await store.remove(group, a, blobId, false)).toBe('absent');
});

test('deleting with force is for the sender alone', async () => {
  await enter(a);
  await enter(b);
  const { blobId } = await pushed({ senderId: a });
  expect(await store.remove(group, b, blobId, true)).toBe('not-owner');
  expect(await store.remove(otherGroup, a, blobId, true)).toBe('absent');
  expect(await store.remove(group, a, blobId, true)).toBe('removed');
  expect(await cursors()).toEqual([]);
});

test('statistics count per group, and vacuum gives freed pages back', async () => {
  await enter(a);
  await enter(a, { groupId: otherGroup });
  const { blobId } = await pushed({ payload: prng.bytes(9_000) });
  await pushed({ payload: prng.bytes(10) });
  const before = await store.statistics();
  expect(before.groups).toEqual(
    [
      { group, headCursor: 2, blobs: 2, bytes: 9_010 },
      { group: otherGroup, headCursor: 0, blobs: 0, bytes: 0 },
    ].toSorted((x, y) => (x.group < y.group ? -1 : 1)),
  );
  await store.remove(group, a, blobId, true);
  await store.vacuum();
  const after = await store.statistics();
  expect(after.groups.find((row) => row.group === group)).toMatchObject({ headCursor: 2, blobs: 1, bytes: 10 });
  expect(before.storageBytes - after.storageBytes).toBeGreaterThanOrEqual(8192);
});
