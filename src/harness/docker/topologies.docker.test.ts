import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadSystem } from '../scenario/load-system.ts';
import { formGroup, holds, pushed } from '../topology/suite-steps.ts';
import type { Arena } from '../topology/topology.ts';
import { openDockerArena } from './docker-arena.ts';
import { dockerTopologies } from './topologies.ts';

let arena: Arena;

beforeAll(async () => {
  const system = loadSystem(resolve(import.meta.dirname, '../../../systems/reference'));
  arena = await openDockerArena({ runId: `topologies-${process.pid}`, system, log: () => undefined });
}, 180_000);

afterAll(async () => {
  await arena?.close();
}, 60_000);

// Pair and mitm have suites of their own.
const larger = dockerTopologies.filter(({ nodes }) => nodes.length > 2);

test.each(larger)(
  '$name: an item of one node reaches all, and evidence comes from all',
  async ({ name, nodes }) => {
    const topology = await arena.openStage({ topology: name, profile: 'chaos', defects: [], image: 'test', seed: 'x' });
    await topology.beginTrial({ mark: 'TopologyMark0123456789abcdef' });
    const group = await formGroup(topology, nodes);
    const item = await pushed(topology, nodes.at(-1)!, 1);
    for (const node of nodes) await holds(topology, node, item);
    const collected = await topology.collect({ canaries: [], group, identifiers: [] });
    expect(collected.missing).toEqual([]);
    expect(Object.keys(collected.links)).toEqual(nodes);
    for (const point of ['relay', ...nodes]) {
      const capture = collected.captures.find((candidate) => candidate.point === point);
      expect(capture).toMatchObject({ point, markFound: true, opaqueSessions: 0 });
    }
    await topology.stop();
  },
  240_000,
);
