import { expect, test } from '@jest/globals';
import { World } from '../node/node-world.test-support.ts';
import { backoffWithoutJitter } from './backoff-without-jitter.ts';

test.each([
  { who: 'the correct system', changes: [], together: false },
  { who: 'backoff-without-jitter', changes: [backoffWithoutJitter.node!], together: true },
])('devices that lost one relay come back together: $who, $together', async ({ changes, together }) => {
  const world = new World();
  await world.startRelay();
  const [a, b] = await world.pair();
  for (const node of [a, b]) {
    await node.restart({ changes });
    await world.until('a connection', async () => (await node.server.node!.status()).state === 'connected');
  }
  world.cable.drop();
  const attempts = () => [a, b].map(({ events }) => events.filter((each) => 'attempt' in each && each.attempt === 1));
  await world.until('both to try again', () => attempts().every((seen) => seen.some(isConnecting)), 10_000, 1);
  const [ofA, ofB] = attempts().map((seen) => seen.find(isConnecting)!.atMs);
  expect(Math.abs(ofA! - ofB!) < 10).toBe(together);
});

function isConnecting(event: { readonly event: string; readonly state?: string }): boolean {
  return event.event === 'state' && event.state === 'connecting';
}
