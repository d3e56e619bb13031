import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { topologySuite } from '../topology/topology-suite.ts';
import { openSimulator } from './simulated-arena.ts';
import type { SimulatedTopology } from './simulated-topology.ts';

async function openStage(topology: string, seed = 'suite'): Promise<SimulatedTopology> {
  const arena = await openSimulator({ runId: 'test', seed, log: () => undefined });
  const options = { topology, profile: 'chaos', defects: [], image: 'test', seed } as const;
  return (await arena.openStage(options)) as SimulatedTopology;
}

topologySuite(
  'simulator',
  async () => {
    const topology = await openStage('mitm');
    return { topology, powerCut: (target) => topology.powerCut(target) };
  },
  { describe, beforeAll, afterAll, test },
);
