import { resolve } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { loadSystem } from '../scenario/load-system.ts';
import { aliveRuns, cleanLeftovers, sweepRun } from './clean.ts';
import { openEngine, runLabel } from './engine.ts';
import { down, up } from './up.ts';

const docker = openEngine();
const system = loadSystem(resolve(import.meta.dirname, '../../../systems/reference'));
const mitm = {
  topology: 'mitm',
  profile: 'chaos',
  defects: [],
  image: 'release',
  system,
  log: () => undefined,
} as const;
let run = '';

afterEach(async () => {
  await sweepRun(docker, run);
}, 60_000);

const running = async () => {
  const listed = await docker.listContainers({ filters: { label: [`${runLabel}=${run}`] } });
  return listed.map(({ Labels }) => Labels['com.docker.compose.service']).toSorted();
};

test('a stage that was brought up stays without its lease, until it is taken down', async () => {
  const report = await up(mitm);
  run = report.run;
  expect(await running()).toEqual([...report.containers.keys()].toSorted());
  expect(await running()).toContain('tap');
  expect(await aliveRuns(docker)).not.toContain(run);
  expect(await down(run)).toBe(12);
  expect(await running()).toEqual([]);
  expect(await down(run)).toBe(0);
}, 120_000);

test('or until it is cleaned up', async () => {
  run = (await up(mitm)).run;
  const { removed } = await cleanLeftovers({ run });
  expect(removed.get(run)).toEqual({ containers: 12, networks: 2, volumes: 4 });
  expect(await running()).toEqual([]);
}, 120_000);
