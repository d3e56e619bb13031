import { describe, expect, test } from '@jest/globals';
import { equalBytes } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { blobIdFromRandom, deviceIdFromBytes, groupIdFromBytes } from '../core/ids.ts';
import type { RelayParts } from '../relay/parts.ts';
import { RelayWorld } from '../relay/relay-world.test-support.ts';
import { RelayHooks } from './relay-hooks.ts';

const prng = new Prng('damage-items');
const group = groupIdFromBytes(prng.bytes(32));
const [target, other] = [deviceIdFromBytes(prng.bytes(32)), deviceIdFromBytes(prng.bytes(32))];

/** The parts of a relay with the hook, three blobs of another device in it, and the target entered. */
async function hookedRelay() {
  const hooks = new RelayHooks(['damage-items']);
  let parts: RelayParts | null = null;
  const last = (given: RelayParts): RelayParts => {
    parts = given;
    return given;
  };
  new RelayWorld({}, [...hooks.changes, last]);
  const { store, responses } = parts!;
  const sealedName = new Uint8Array(50);
  await store.enter({ groupId: group, deviceId: target, sealedName, kemFingerprint: null, lastCursor: 0 });
  for (let index = 0; index < 3; index += 1) {
    const blob = { blobId: blobIdFromRandom(prng.bytes(16)), senderId: other, payload: prng.bytes(100) };
    await store.push({ ...blob, groupId: group, timestamp: 0, ttlSeconds: 0 });
  }
  /** Which cursors the answer to a pull of everything holds damaged, by how many bits. */
  const damagedFor = async (device: typeof target, after = 0): Promise<[number, number][]> => {
    const page = await store.pull(group, after, 0);
    const { blobs, maxCursor } = responses.pullResponse(device, page, after);
    expect(maxCursor).toBe(3);
    return blobs.flatMap(({ cursor, payload }, index): [number, number][] => {
      const whole = page.blobs[index]!.payload;
      return equalBytes(payload, whole) ? [] : [[cursor, bitsBetween(payload, whole)]];
    });
  };
  return { hooks, store, damagedFor };
}

function bitsBetween(one: Uint8Array, two: Uint8Array): number {
  expect(one.length).toBe(two.length);
  return one.reduce((sum, byte, index) => sum + (byte ^ two[index]!).toString(2).replaceAll('0', '').length, 0);
}

test('a relay that was not armed serves what it holds', async () => {
  const { damagedFor } = await hookedRelay();
  expect(await damagedFor(target)).toEqual([]);
});

test('one bit of the first unacknowledged item is changed, in each answer to that device alone', async () => {
  const { hooks, store, damagedFor } = await hookedRelay();
  hooks.arm('damage-items', { device: target });
  expect(await damagedFor(target)).toEqual([[1, 1]]);
  expect(await damagedFor(target)).toEqual([[1, 1]]);
  expect(await damagedFor(other)).toEqual([]);
  await store.acknowledge(group, target, 1);
  expect(await damagedFor(target)).toEqual([[2, 1]]);
  expect(await damagedFor(target, 2)).toEqual([[3, 1]]);
  await store.acknowledge(group, target, 3);
  expect(await damagedFor(target)).toEqual([]);
});

test('what HELLO reports counts as acknowledged too', async () => {
  const { hooks, store, damagedFor } = await hookedRelay();
  hooks.arm('damage-items', { device: target });
  const sealedName = new Uint8Array(50);
  await store.enter({ groupId: group, deviceId: target, sealedName, kemFingerprint: null, lastCursor: 2 });
  expect(await damagedFor(target)).toEqual([[3, 1]]);
});

test('it ends with device null, and another relay process begins unarmed', async () => {
  const { hooks, damagedFor } = await hookedRelay();
  hooks.arm('damage-items', { device: target });
  const restarted = await hookedRelay();
  expect(await restarted.damagedFor(target)).toEqual([]);
  hooks.arm('damage-items', { device: null });
  expect(await damagedFor(target)).toEqual([]);
});

describe('arming', () => {
  const hooks = new RelayHooks(['damage-items', 'export-keys']);

  test.each([
    { parameters: {}, says: 'expected { device: ID } or { device: null }, got none' },
    { parameters: { device: 7 }, says: 'expected { device: ID } or { device: null }, got 7' },
    { parameters: { device: 'node-b' }, says: 'expected { device: ID } or { device: null }; device id: ' },
    { parameters: { device: null, times: 2 }, says: 'got the parameters ["times"] too' },
  ])('refuses $parameters', ({ parameters, says }) => {
    expect(() => hooks.arm('damage-items', parameters)).toThrow(says);
  });

  test.each(['export-keys', 'toString', 'nope'])('there is no hook %s to arm', (name) => {
    expect(() => hooks.arm(name, {})).toThrow(
      `hook of the relay: expected one of damage-items, got ${JSON.stringify(name)}`,
    );
  });

  test('without hooks nothing is offered', () => {
    expect(() => new RelayHooks([]).arm('damage-items', { device: null })).toThrow('expected none');
  });
});
