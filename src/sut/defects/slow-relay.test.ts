import { expect, test } from '@jest/globals';
import { TestNode, World } from '../node/node-world.test-support.ts';
import { nodeChanges, relayChanges } from './changes.ts';
import { RelayHooks } from './relay-hooks.ts';

/** Two devices that were told to connect, and what came of it after so long. */
async function afterwards(defects: readonly string[], ms: number) {
  const world = new World();
  await world.startRelay(relayChanges(defects, new RelayHooks([])));
  const [a, b] = [new TestNode(world, 'node-a'), new TestNode(world, 'node-b')];
  for (const node of [a, b]) {
    await node.restart({ changes: nodeChanges(defects, []) });
    await node.value('init', { name: 'device' });
  }
  const { invite } = await a.value('pair', { relays: [world.relayAddress] });
  await b.value('pair', { relays: ['relay:7000'], invite });
  await a.push('one');
  for (const node of [a, b]) await node.value('connect');
  await world.clock.advance(ms);
  return { state: (await b.value('status')).state, held: await b.texts() };
}

test.each([
  { defects: [], ms: 1000, state: 'connected', held: ['one'] },
  { defects: ['newcomers-wait-for-seconds'], ms: 3900, state: 'handshaking', held: [] },
  { defects: ['newcomers-wait-for-seconds'], ms: 5000, state: 'connected', held: ['one'] },
  { defects: ['pages-at-a-crawl'], ms: 2400, state: 'connected', held: [] },
  { defects: ['pages-at-a-crawl'], ms: 10_000, state: 'connected', held: ['one'] },
])('with $defects a device is $state after $ms ms and holds $held', async ({ defects, ms, state, held }) => {
  expect(await afterwards(defects, ms)).toEqual({ state, held });
});
