import { describe, expect, test } from '@jest/globals';
import { World } from '../node/node-world.test-support.ts';
import { nodeChanges, relayChanges } from './changes.ts';
import { RelayHooks } from './relay-hooks.ts';

/** Two connected devices of one group, and a relay, with the defects that are named. */
async function pairWith(defects: readonly string[]) {
  const world = new World();
  const ofRelay = relayChanges(defects, new RelayHooks([]));
  await world.startRelay(ofRelay);
  const [a, b] = await world.pair();
  const changes = nodeChanges(defects, []);
  for (const node of [a, b]) {
    await node.restart({ changes });
    await world.until('a connection', async () => (await node.server.node!.status()).state === 'connected', 30_000, 1);
  }
  await a.push('one');
  await world.converged(a, b);
  return { world, a, b, changes, ofRelay };
}

/** B comes back to the items two to five, of which the oldest two have expired. */
async function comesBackLate(defects: readonly string[]) {
  const { world, a, b } = await pairWith(defects);
  await b.value('disconnect');
  for (const text of ['two', 'three', 'four', 'five']) await a.push(text);
  await world.until('the pushes', async () => (await a.value('status')).pending === 0);
  await world.relayDatabase.transaction('expire', (sql) => sql.run('DELETE FROM blobs WHERE cursor IN (2, 3)'));
  await b.value('connect');
  await world.clock.advance(60_000);
  return { texts: await b.texts(), gaps: b.events.filter(({ event }) => event === 'gap').length };
}

describe.each([
  { defects: [], texts: ['five', 'four', 'one'], gaps: 1 },
  { defects: ['expired-range-is-empty'], texts: ['one'], gaps: 1 },
  { defects: ['loss-untold'], texts: ['five', 'four', 'one'], gaps: 0 },
])('a range whose oldest part has expired, with $defects', ({ defects, texts, gaps }) => {
  test(`the device has ${texts.join(', ')} in the end, and was told of ${gaps} gaps`, async () => {
    expect(await comesBackLate(defects)).toEqual({ texts, gaps });
  });
});

describe.each([
  { defects: [], numbers: [1, 2, 3, 4] },
  { defects: ['numbers-from-old-copy'], numbers: [1, 2, 2, 3] },
])('a device set back to an older copy of its storage, with $defects', ({ defects, numbers }) => {
  test(`its items have the numbers ${numbers.join(', ')}`, async () => {
    const { world, a, b, changes } = await pairWith(defects);
    const copy = a.home.copy();
    for (const text of ['two', 'three']) await a.push(text);
    await world.converged(a, b);
    await a.restart({ storage: copy, changes });
    await a.push('four');
    await world.clock.advance(30_000);
    const { items } = await b.value('items');
    expect(items.map(({ sequence }: { sequence: number }) => sequence).toSorted()).toEqual(numbers);
  });
});
