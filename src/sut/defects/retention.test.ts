import { expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { blobIdFromRandom, deviceIdFromBytes, type GroupId, groupIdFromBytes } from '../core/ids.ts';
import type { RelayParts } from '../relay/parts.ts';
import { RelayWorld } from '../relay/relay-world.test-support.ts';
import { RelayHooks } from './relay-hooks.ts';

const prng = new Prng('retention');
const groups = [groupIdFromBytes(prng.bytes(32)), groupIdFromBytes(prng.bytes(32))] as const;
const devices = [deviceIdFromBytes(prng.bytes(32)), deviceIdFromBytes(prng.bytes(32))] as const;

/** The store of a relay with the hook: two groups of five blobs, of which both devices have acknowledged four. */
async function hookedStore() {
  const hooks = new RelayHooks(['retention']);
  let parts: RelayParts | null = null;
  const last = (given: RelayParts): RelayParts => {
    parts = given;
    return given;
  };
  new RelayWorld({}, [...hooks.changes, last]);
  const { store } = parts!;
  for (const groupId of groups) {
    for (let index = 0; index < 5; index += 1) {
      const blob = { blobId: blobIdFromRandom(prng.bytes(16)), senderId: devices[0], payload: prng.bytes(100) };
      await store.push({ ...blob, groupId, timestamp: 0, ttlSeconds: 0 });
    }
    for (const deviceId of devices) {
      await store.enter({ groupId, deviceId, sealedName: new Uint8Array(50), kemFingerprint: null, lastCursor: 4 });
    }
  }
  const left = async (groupId: GroupId) => (await store.pull(groupId, 0, 0)).blobs.map(({ cursor }) => cursor);
  return { hooks, store, left };
}

test('a clean-up leaves alone the group that is held, and no other', async () => {
  const { hooks, store, left } = await hookedStore();
  expect(await hooks.arm('retention', { hold: groups[0] })).toEqual({});
  await store.cleanup();
  expect([await left(groups[0]), await left(groups[1])]).toEqual([[1, 2, 3, 4, 5], [5]]);
});

test('all but the newest cursors of every group are gone at once, whatever is held', async () => {
  const { hooks, left } = await hookedStore();
  await hooks.arm('retention', { hold: groups[0] });
  await hooks.arm('retention', { keep: 2 });
  expect([await left(groups[0]), await left(groups[1])]).toEqual([
    [4, 5],
    [4, 5],
  ]);
});

test.each([{}, { hold: 7 }, { keep: -1 }, { keep: 'all' }, { keep: 1, hold: 'group' }])(
  'it refuses %j',
  async (given) => {
    const { hooks } = await hookedStore();
    await expect(hooks.arm('retention', given)).rejects.toThrow('expected { hold: GROUP } or { keep: COUNT }');
  },
);
