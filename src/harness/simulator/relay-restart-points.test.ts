import { afterEach, describe, expect, test } from '@jest/globals';
import { pause } from '../../support/clock.ts';
import { readVector } from '../checkers/vector.ts';
import { joinedPair } from './joined-nodes.test-support.ts';
import type { SimulatedTopology } from './simulated-topology.ts';

let topology: SimulatedTopology;

afterEach(() => topology.stop());

/** Both nodes in one group, connected, with two items that both have and have acknowledged. */
async function convergedPair(): Promise<void> {
  topology = await joinedPair('restart points');
  for (const name of topology.nodes) await push(name);
  await pause(topology.clock, 8_000);
}

async function push(node: string): Promise<void> {
  await topology.node(node).request('push', { body: Buffer.from(`an item of ${node}`).toString('base64') });
}

async function standing() {
  const nodes = await Promise.all(
    topology.nodes.map(async (name) => {
      const [items, status] = [
        await topology.node(name).request('items', {}),
        await topology.node(name).request('status', {}),
      ];
      if (items.outcome !== 'ok' || status.outcome !== 'ok') throw new Error(`${name} is silent`);
      const held = items.value.items.map(({ item, sequence, cursor }) => ({ item, sequence, cursor }));
      return { held: held.toSorted((one, other) => one.cursor! - other.cursor!), vector: status.value.vector! };
    }),
  );
  const { headCursor } = (await topology.relay.stats())!.groups[0]!;
  return { nodes, headCursor };
}

/**
 * Both nodes push two items; the relay is killed at its step of this number, 0 being none, and starts again. Answers the
 * number of its steps until all is at rest, too.
 */
async function restartedAt(number: number, at: 'before' | 'after') {
  await convergedPair();
  const earlier = await standing();
  let steps = 0;
  topology.onStep((moment, { process, step }) => {
    if (process !== 'relay' || moment !== at || step === 'relay.statistics') return;
    steps += 1;
    if (steps === number) void topology.relay.crash();
  });
  for (const name of [...topology.nodes, ...topology.nodes]) await push(name);
  await pause(topology.clock, 1_000);
  const counted = steps;
  if ((await topology.relay.inspect()).status === 'ended') await topology.relay.restart();
  await pause(topology.clock, 20_000);
  return { earlier, later: await standing(), counted };
}

describe.each(['before', 'after'] as const)('a relay killed %s a step', (at) => {
  test('loses nothing and takes nothing back, whichever step it is', async () => {
    const { counted } = await restartedAt(0, at);
    topology.stop();
    expect(counted).toBeGreaterThan(8);
    for (let number = 1; number <= counted; number += 1) {
      const { earlier, later } = await restartedAt(number, at);
      const [a, b] = later.nodes;
      expect([number, a]).toEqual([number, b]);
      expect([number, a!.held.map(({ cursor }) => cursor)]).toEqual([number, [1, 2, 3, 4, 5, 6]]);
      expect(later.headCursor).toBe(6);
      for (const [author, sequence] of readVector(earlier.nodes[0]!.vector).vector) {
        expect(readVector(a!.vector).vector.get(author)).toBe(sequence + 2);
      }
      topology.stop();
    }
  }, 120_000);
});
