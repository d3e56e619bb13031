import { expect, test } from '@jest/globals';
import type { Arena } from '../topology/topology.ts';
import { workersFor } from './workers.ts';

const docker = { name: 'docker', facts: { processors: 8, memoryMiB: 32_000 } } as unknown as Arena;
const simulator = { name: 'simulator', facts: {} } as unknown as Arena;
const host = { processors: 4, freeMiB: 24_000, busyProcessors: 0.3 };

test.each([
  { arena: simulator, count: 4, because: 'one for each of 4 processors' },
  { arena: simulator, asked: 7, count: 7, because: 'asked for' },
  { arena: simulator, works: 3, count: 3, because: 'as many as there is work for' },
  { arena: simulator, works: 1, asked: 7, count: 1, because: 'nothing to run side by side' },
  { arena: simulator, works: 0, asked: 7, count: 1, because: 'nothing to run' },
  { arena: docker, freeMiB: 32_000, count: 24, because: '8 of 8 processors are idle' },
  { arena: docker, busyProcessors: 5.6, count: 6, because: '2 of 8 processors are idle' },
  { arena: docker, busyProcessors: 70, count: 1, because: '0 of 8 processors are idle' },
  { arena: docker, stagesPerWorker: 2, count: 10, because: '24000 MiB of memory are free' },
  { arena: docker, freeMiB: 6_400, count: 4, because: '6400 MiB of memory are free' },
  { arena: docker, freeMiB: 1_000, count: 1, because: '1000 MiB of memory are free' },
  {
    arena: docker,
    freeMiB: Number.POSITIVE_INFINITY,
    stagesPerWorker: 2,
    count: 14,
    because: '32000 MiB of memory are free',
  },
  { arena: docker, asked: 30, works: 100, count: 30, because: 'asked for' },
])('$count workers because $because', ({ arena, count, because, ...given }) => {
  const { asked = null, works = 75, stagesPerWorker = 1, freeMiB = host.freeMiB, busyProcessors = 0.3 } = given;
  expect(workersFor(arena, { asked, works, stagesPerWorker }, { ...host, freeMiB, busyProcessors })).toEqual({
    count,
    because,
  });
});
