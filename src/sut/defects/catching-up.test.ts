import { expect, test } from '@jest/globals';
import { TestNode, World } from '../node/node-world.test-support.ts';
import type { RelayParts } from '../relay/parts.ts';
import { nodeChanges, relayChanges } from './changes.ts';
import { RelayHooks } from './relay-hooks.ts';

const pageItems = 100;
const behind = 150;

/** B is away while A saves more than a page of items and C takes them in; the relay cleans up, and B comes back. */
async function heldByB(defects: readonly string[]): Promise<{ atOnce: number; afterOneMore: number }> {
  const world = new World();
  let parts: RelayParts | null = null;
  await world.startRelay([
    ...relayChanges(defects, new RelayHooks([])),
    (made) => {
      parts = made;
      return made;
    },
  ]);
  const [a, b, c] = ['node-a', 'node-b', 'node-c'].map((name) => new TestNode(world, name)) as [
    TestNode,
    TestNode,
    TestNode,
  ];
  for (const node of [a, b, c]) {
    await node.restart({ changes: nodeChanges(defects, []) });
    await node.value('init', { name: 'device' });
  }
  let { invite } = await a.value('pair', { relays: [world.relayAddress] });
  for (const node of [b, c]) {
    const joined = await node.value('pair', { relays: ['relay:7000'], invite });
    invite = joined.invite ?? invite;
  }
  for (const node of [a, b, c]) await node.value('connect');
  await world.clock.advance(5_000);
  await b.value('disconnect');
  for (let count = 0; count < behind; count += 1) await a.push(`item ${count}`);
  await world.clock.advance(5_000);
  for (const node of [a, c]) await node.value('ping');
  await parts!.store.cleanup();
  await b.value('connect');
  await world.clock.advance(30_000);
  const atOnce = (await b.texts()).length;
  await a.push('one more');
  await world.clock.advance(5_000);
  return { atOnce, afterOneMore: (await b.texts()).length };
}

test.each([
  { defects: [], atOnce: behind, afterOneMore: behind + 1 },
  { defects: ['one-page-is-all'], atOnce: pageItems, afterOneMore: behind + 1 },
  { defects: ['delivered-to-one-is-delivered'], atOnce: 0, afterOneMore: 1 },
])('with $defects who was away holds $atOnce of 150, and $afterOneMore once another was saved', async (row) => {
  expect(await heldByB(row.defects)).toEqual({ atOnce: row.atOnce, afterOneMore: row.afterOneMore });
});
