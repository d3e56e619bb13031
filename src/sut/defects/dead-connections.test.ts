import { describe, expect, test } from '@jest/globals';
import { World } from '../node/node-world.test-support.ts';
import { nodeChanges, relayChanges } from './changes.ts';
import { RelayHooks } from './relay-hooks.ts';

async function connectedWith(defects: readonly string[]) {
  const world = new World();
  await world.startRelay(relayChanges(defects, new RelayHooks([])));
  const [a, b] = await world.pair();
  const changes = nodeChanges(defects, []);
  const isBack = async () => (await a.server.node!.status()).state === 'connected';
  await a.restart({ changes });
  await world.until('a connection', isBack, 60_000);
  await world.clock.advance(1_000);
  return { world, a, b, changes, isBack };
}

describe.each([
  { defects: [], comesBack: true },
  { defects: ['newcomer-refused'], comesBack: false },
])('a device that died unseen and is back, with $defects', ({ defects, comesBack }) => {
  test(`${comesBack ? 'takes the place of its old session' : 'is locked out until that is given up'}`, async () => {
    const { world, a, changes, isBack } = await connectedWith(defects);
    // The relay hears nothing of its end.
    world.cable.mutedNodes.add('node-a');
    a.server.kill();
    await world.clock.advance(100);
    world.cable.mutedNodes.clear();
    await a.restart({ changes });
    await world.clock.advance(10_000);
    expect(await isBack()).toBe(comesBack);
    await world.until('the device to be back', isBack, 60_000);
  });
});

describe.each([
  { defects: [], notices: true },
  { defects: ['liveness-by-writes'], notices: false },
])('a path that swallows everything, with $defects', ({ defects, notices }) => {
  test(`${notices ? 'is noticed' : 'is taken for alive'}`, async () => {
    const { world, a, isBack } = await connectedWith(defects);
    world.cable.mutedNodes.add('node-a');
    await a.push('one');
    await world.clock.advance(15_000);
    expect(await isBack()).toBe(!notices);
  });
});
