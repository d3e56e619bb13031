import { describe, expect, test } from '@jest/globals';
import { type TestNode, World } from '../node/node-world.test-support.ts';
import { nodeChanges } from './changes.ts';

/** Two connected devices of one group, both with the defects. */
async function pairWith(defects: readonly string[]): Promise<{ world: World; a: TestNode; b: TestNode }> {
  const world = new World();
  await world.startRelay();
  const [a, b] = await world.pair(false);
  for (const node of [a, b]) {
    await node.restart({ changes: nodeChanges(defects, []) });
    await node.server.node!.connect();
    await world.until('a connection', async () => (await node.server.node!.status()).state === 'connected');
  }
  return { world, a, b };
}

function losses({ events }: TestNode): number {
  return events.filter((event) => event.event === 'state' && event.state === 'reconnecting').length;
}

describe.each([
  { defects: [], pending: 1, lost: 0, later: ['one', 'two'] },
  { defects: ['slow-ack-removes-entry'], pending: 0, lost: 0, later: ['one', 'two'] },
  { defects: ['stalled-socket-abandoned'], pending: 1, lost: 1, later: ['one', 'two'] },
])('with $defects on a line on which nothing moves for a while', ({ defects, pending, lost, later }) => {
  test(`${pending} item waits, ${lost} connections are lost, and later there is ${later}`, async () => {
    const { world, a, b } = await pairWith(defects);
    world.cable.delayMs = 1500;
    await a.push('one');
    await world.clock.advance(300);
    expect((await a.server.node!.status()).pending).toBe(pending);
    await world.clock.advance(900);
    await a.push('two');
    world.cable.delayMs = 5;
    await world.clock.advance(30_000);
    expect(Math.min(1, losses(a))).toBe(lost);
    expect(await b.texts()).toEqual(later);
  });
});

test.each([
  { defects: [], held: ['one'] },
  { defects: ['reconnect-pulls-from-zero'], held: ['one', 'one'] },
])('with $defects a connection that was lost and came back leaves $held', async ({ defects, held }) => {
  const { world, a, b } = await pairWith(defects);
  await a.push('one');
  await world.clock.advance(1000);
  world.cable.drop();
  await world.clock.advance(30_000);
  expect(await b.texts()).toEqual(held);
  expect(await a.texts()).toEqual(['one']);
});

test.each([
  { defects: [], held: ['one', 'three', 'two'] },
  { defects: ['resumes-after-sent'], held: ['three'] },
])('with $defects a line that swallowed two of three items leaves $held', async ({ defects, held }) => {
  const { world, a, b } = await pairWith(defects);
  world.cable.mutedNodes.add('node-a');
  await a.push('one');
  await a.push('two');
  await world.clock.advance(1500);
  world.cable.mutedNodes.clear();
  await world.clock.advance(30_000);
  await a.push('three');
  await world.clock.advance(30_000);
  expect(await b.texts()).toEqual(held);
  expect((await a.server.node!.status()).pending).toBe(0);
});

test.each([
  { defects: [], apartMs: 150, lost: 0 },
  { defects: ['buffer-not-cleared'], apartMs: 50, lost: 0 },
  { defects: ['buffer-not-cleared'], apartMs: 150, lost: 1 },
])('with $defects $lost connections are lost to $apartMs ms in the middle of a record', async (row) => {
  const { world, a, b } = await pairWith(row.defects);
  Object.assign(world.cable, { breaksUp: true, apartMs: row.apartMs });
  await a.push('one');
  await world.clock.advance(600);
  Object.assign(world.cable, { breaksUp: false, apartMs: 0 });
  await world.clock.advance(30_000);
  expect(Math.min(1, losses(b))).toBe(row.lost);
  expect(await b.texts()).toEqual(['one']);
});
