import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { loadSystem } from '../scenario/load-system.ts';
import type { Arena } from '../topology/topology.ts';
import { topologySuite } from '../topology/topology-suite.ts';
import { openDockerArena } from './docker-arena.ts';

let arena: Arena | null = null;

topologySuite(
  'docker',
  async () => {
    const system = loadSystem(resolve(import.meta.dirname, '../../../systems/reference'));
    arena = await openDockerArena({ runId: `suite-${process.pid}`, system, log: (line) => console.log(line) });
    const topology = await arena.openStage({
      topology: 'mitm',
      profile: 'chaos',
      defects: [],
      image: 'test',
      seed: 'suite',
    });
    return { topology };
  },
  { describe, beforeAll, afterAll, test },
);

afterAll(async () => {
  await arena?.close();
}, 60_000);
