import { expect, test } from '@jest/globals';
import { TestNode, World } from '../node/node-world.test-support.ts';
import { nodeChanges, relayChanges } from './changes.ts';
import { RelayHooks } from './relay-hooks.ts';

/** Two devices of one group, connected, both with the defects that are named. */
async function pairWith(defects: readonly string[]) {
  const world = new World();
  await world.startRelay(relayChanges(defects, new RelayHooks([])));
  const [a, b] = [new TestNode(world, 'node-a'), new TestNode(world, 'node-b')];
  for (const node of [a, b]) {
    await node.restart({ changes: nodeChanges(defects, []) });
    await node.value('init', { name: 'device' });
  }
  const { invite } = await a.value('pair', { relays: [world.relayAddress] });
  await b.value('pair', { relays: [world.relayAddress], invite });
  for (const node of [a, b]) await node.value('connect');
  await world.clock.advance(1000);
  return { world, a, b };
}

/** Both write while they are apart; then what each holds, counts and has asked for in the end. */
async function reconciledWith(defects: readonly string[]) {
  const { world, a, b } = await pairWith(defects);
  for (const text of ['one', 'two']) await a.push(text);
  await world.clock.advance(1000);
  await b.push('three');
  await world.clock.advance(1000);
  for (const node of [a, b]) await node.value('disconnect');
  await a.push('four');
  await b.push('five');
  const pulledBefore = (await b.value('stats')).pulls;
  for (const node of [a, b]) await node.value('connect');
  await world.clock.advance(30_000);
  const [ofA, ofB] = [await a.value('status'), await b.value('status')];
  const { pulls, fullRescans } = await b.value('stats');
  return {
    held: [await a.texts(), await b.texts()],
    vectorsAlike: ofA.vector === ofB.vector,
    pagesOfB: pulls - pulledBefore,
    fullRescans,
  };
}

const all = ['five', 'four', 'one', 'three', 'two'];
const correct = { held: [all, all], vectorsAlike: true, pagesOfB: 1, fullRescans: 0 };

test.each([
  { defects: [], differs: {} },
  { defects: ['vector-last-writer-wins'], differs: { vectorsAlike: false } },
  { defects: ['hidden-full-rescan'], differs: { pagesOfB: 2 } },
  { defects: ['vector-by-session'], differs: { vectorsAlike: false } },
])('with $defects devices that went on alone differ from what is right in $differs', async ({ defects, differs }) => {
  expect(await reconciledWith(defects)).toEqual({ ...correct, ...differs });
});

test.each([
  { defects: [], held: ['a1', 'a2', 'a3', 'b1'] },
  { defects: ['resume-from-maximum'], held: ['a1', 'a2', 'b1'] },
])('with $defects a device whose own item comes between two pages ends with $held', async ({ defects, held }) => {
  const { world, a, b } = await pairWith(defects);
  await b.value('disconnect');
  for (const text of ['a1', 'a2', 'a3']) await a.push(text);
  await world.clock.advance(1000);
  await b.value('page', { items: 1 });
  await b.push('b1');
  await b.value('connect');
  await world.clock.advance(30_000);
  expect(await b.texts()).toEqual(held);
  // It knows no better: it says that it has read to the end.
  expect((await b.value('status')).cursor).toBe(4);
});

test('with vector-by-session the vectors are alike until the first reconnect', async () => {
  const { world, a, b } = await pairWith(['vector-by-session']);
  for (const text of ['one', 'two']) await a.push(text);
  await world.clock.advance(1000);
  expect((await b.value('status')).vector).toBe((await a.value('status')).vector);
});

test.each([
  { defects: [], connects: 3, hears: true },
  { defects: ['subscribed-per-connect'], connects: 2, hears: true },
  { defects: ['subscribed-per-connect'], connects: 3, hears: false },
])('with $defects a device that connected $connects times hears of what is new: $hears', async (row) => {
  const { world, a, b } = await pairWith(row.defects);
  for (let connects = 1; connects < row.connects; connects += 1) {
    await b.value('disconnect');
    await b.value('connect');
    await world.clock.advance(1000);
  }
  await a.push('one');
  await world.clock.advance(20_000);
  expect(await b.texts()).toEqual(row.hears ? ['one'] : []);
});
