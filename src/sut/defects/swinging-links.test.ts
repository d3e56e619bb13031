import { describe, expect, test } from '@jest/globals';
import { TestNode, World } from '../node/node-world.test-support.ts';
import { nodeChanges, relayChanges } from './changes.ts';
import { RelayHooks } from './relay-hooks.ts';

/** Two connected devices of one group and their relay, with the defects that are named. */
async function pair(...defects: readonly string[]): Promise<{ world: World; a: TestNode; b: TestNode }> {
  const world = new World();
  const [a, b] = [new TestNode(world, 'node-a'), new TestNode(world, 'node-b')];
  await world.startRelay(relayChanges(defects, new RelayHooks([])));
  for (const node of [a, b]) {
    await node.restart({ changes: nodeChanges(defects, []) });
    await node.value('init', { name: 'device' });
  }
  const { invite } = await a.value('pair', { relays: [world.relayAddress] });
  await b.value('pair', { relays: ['relay:7000'], invite });
  for (const node of [a, b]) {
    await node.value('connect');
    await world.until('a connection', async () => (await node.server.node!.status()).state === 'connected');
  }
  await world.clock.advance(1000);
  return { world, a, b };
}

describe('stall-starts-over', () => {
  /** Pushes that A sent when the second of two has waited for its acknowledgement so long. */
  async function sentAfter(waitedMs: number, ...defects: readonly string[]): Promise<number> {
    const { world, a } = await pair(...defects);
    await a.push('one');
    await world.clock.advance(1000);
    world.cable.mutedNodes.add('relay');
    await a.push('two');
    await world.clock.advance(waitedMs);
    return (await a.value('stats')).pushesSent;
  }

  test('what was acknowledged long ago goes out again', async () => {
    expect(await sentAfter(6000)).toBe(2);
    expect(await sentAfter(4000, 'stall-starts-over')).toBe(2);
    expect(await sentAfter(6000, 'stall-starts-over')).toBe(4);
  });
});

describe('devices-served-in-turn', () => {
  /** How many of A's three items the relay has after two seconds in which it hears nothing of B. */
  async function storedMeanwhile(...defects: readonly string[]): Promise<number> {
    const { world, a } = await pair(...defects);
    world.cable.mutedNodes.add('node-b');
    for (const text of ['one', 'two', 'three']) await a.push(text);
    await world.clock.advance(2000);
    return (await world.relay!.stats()).groups[0]!.headCursor;
  }

  test('a device that does not answer holds up the others', async () => {
    expect(await storedMeanwhile()).toBe(3);
    expect(await storedMeanwhile('devices-served-in-turn')).toBe(1);
  });
});

describe('unread-sent-again', () => {
  /** Messages that went out to B while three items of A came and the relay heard nothing of B. */
  async function sentToB(...defects: readonly string[]): Promise<number> {
    const { world, a } = await pair(...defects);
    // In the order in which they came.
    const framesOut = async () => (await world.relay!.stats()).sessions[1]!.framesOut;
    world.cable.mutedNodes.add('node-b');
    await world.clock.advance(100);
    const before = await framesOut();
    for (const text of ['one', 'two', 'three']) {
      await a.push(text);
      await world.clock.advance(100);
    }
    return (await framesOut()) - before;
  }

  test('all that a device has not read goes out with each new item', async () => {
    expect(await sentToB()).toBe(3);
    expect(await sentToB('unread-sent-again')).toBe(3 + 1 + 2 + 3);
  });
});
