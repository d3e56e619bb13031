import { describe, expect, test } from '@jest/globals';
import { World } from '../node/node-world.test-support.ts';
import { nodeChanges } from './changes.ts';

/** Two connected devices; the first has the defects that are named. */
async function pairWith(defects: readonly string[]) {
  const world = new World();
  await world.startRelay();
  const [a, b] = await world.pair();
  const changes = nodeChanges(defects, []);
  await a.restart({ changes });
  await world.until('a connection', async () => (await a.server.node!.status()).state === 'connected', 30_000, 1);
  await world.clock.advance(1_000);
  return { world, a, b, changes };
}

describe.each([
  { defects: [], agree: true },
  { defects: ['vector-written-later'], agree: false },
])('a crash soon after a push, with $defects', ({ defects, agree }) => {
  test(`the devices ${agree ? 'agree' : 'never agree'} on what they hold`, async () => {
    const { world, a, b, changes } = await pairWith(defects);
    await a.push('one');
    await world.clock.advance(100);
    await a.restart({ changes });
    await a.push('two');
    await world.clock.advance(30_000);
    expect(await b.texts()).toEqual(['one', 'two']);
    const [ofA, ofB] = [(await a.value('status')).vector, (await b.value('status')).vector];
    expect(ofA === ofB).toBe(agree);
  });
});

describe.each([
  { defects: [], ends: true },
  { defects: ['pull-and-push-deadlock'], ends: false },
])('a pull asked for while a push is on its way, with $defects', ({ defects, ends }) => {
  test(`${ends ? 'ends' : 'never ends, and neither does the push'}`, async () => {
    const { world, a } = await pairWith(defects);
    world.cable.delayMs = 50;
    await a.push('one');
    await world.clock.advance(20);
    let isEnded = false;
    void a.server.node!.pull().then(() => {
      isEnded = true;
    });
    await world.clock.advance(60_000);
    expect(isEnded).toBe(ends);
    expect((await a.value('status')).pending).toBe(ends ? 0 : 1);
  });
});
