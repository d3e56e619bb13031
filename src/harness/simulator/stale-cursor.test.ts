import { afterEach, expect, test } from '@jest/globals';
import { pause } from '../../support/clock.ts';
import { joinedPair } from './joined-nodes.test-support.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { SimulatedTopology } from './simulated-topology.ts';

let topology: SimulatedTopology;

afterEach(() => topology.stop());

/** Both nodes in one group, connected, with the same twelve items. */
async function convergedPair(): Promise<void> {
  topology = await joinedPair('stale cursor');
  for (let number = 0; number < 12; number += 1) await push(number % 3 === 2 ? 'node-b' : 'node-a');
  await pause(topology.clock, 2_000);
}

async function push(node: 'node-a' | 'node-b'): Promise<void> {
  const body = Buffer.from('an item of some length '.repeat(50)).toString('base64');
  await topology.node(node).request('push', { body, until: 'relay', deadlineMs: 20_000 });
}

async function standing(name: string) {
  const node = topology.node(name);
  const [items, status, stats] = [
    await node.request('items', {}),
    await node.request('status', {}),
    await node.request('stats', {}),
  ];
  if (items.outcome !== 'ok' || status.outcome !== 'ok' || stats.outcome !== 'ok') throw new Error(`${name} is silent`);
  return {
    items: items.value.items
      .map(({ item, author, sequence }) => ({ item, number: `${author} ${sequence}` }))
      .toSorted((one, other) => (one.item < other.item ? -1 : 1)),
    vector: status.value.vector,
    cursor: status.value.cursor,
    rescans: stats.value.fullRescans,
  };
}

/** With four more items, two of them its own, that it loses again: its data end at cursor 12 of 16. */
async function setBackPair(): Promise<void> {
  await convergedPair();
  const node = topology.node('node-b') as SimulatedNode;
  await node.shutDown();
  const putBack = await node.saveVolume();
  await node.restart();
  await pause(topology.clock, 2_000);
  for (let number = 0; number < 4; number += 1) await push(number % 2 === 0 ? 'node-a' : 'node-b');
  await pause(topology.clock, 2_000);
  await node.shutDown();
  await putBack();
  await node.restart();
}

/** node-b starts on its data with another cursor in them, pushes five items, and everything comes to rest. */
async function startAt(cursor: number) {
  const node = topology.node('node-b') as SimulatedNode;
  await node.crash();
  node.machine.database.inspect((file) => file.exec(`UPDATE progress SET value = ${cursor} WHERE name = 'contiguous'`));
  await node.restart();
  for (let number = 0; number < 5; number += 1) await push('node-b');
  await pause(topology.clock, 60_000);
  return { a: await standing('node-a'), b: await standing('node-b') };
}

function expectAlike({ a, b }: Awaited<ReturnType<typeof startAt>>, items: number): void {
  expect({ ...b, rescans: 0 }).toEqual(a);
  expect(b.cursor).toBe(items);
  expect(new Set(b.items.map(({ number }) => number)).size).toBe(items);
}

function upTo(cursor: number) {
  return Array.from({ length: cursor + 1 }, (_, index) => ({ cursor: index }));
}

test.each(upTo(17))(
  'a node with cursor $cursor of 12 ends as the others, and starts over only above',
  async ({ cursor }) => {
    await convergedPair();
    const ended = await startAt(cursor);
    expectAlike(ended, 17);
    expect(ended.b.rescans).toBe(cursor > 12 ? 1 : 0);
  },
);

// Not 16, the head itself: only storage that broke its one transaction for items and cursor says so without the items.
test.each(upTo(21).filter(({ cursor }) => cursor !== 16))(
  'a node set back to the data of cursor 12, with cursor $cursor, takes all it lacks',
  async ({ cursor }) => {
    await setBackPair();
    expectAlike(await startAt(cursor), 21);
  },
);
