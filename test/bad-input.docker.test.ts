import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDockerArena } from '../src/harness/docker/docker-arena.ts';
import { loadSystem } from '../src/harness/scenario/load-system.ts';
import { EnvironmentError } from '../src/support/errors.ts';
import { systemClock } from '../src/support/system-clock.ts';
import { until } from '../src/support/until.ts';
import { expectRefused, projectFolder, Workplace } from './chaos-command.test-support.ts';

const environment = 2;
const place = new Workplace();
let leftBefore: readonly string[];

beforeAll(async () => {
  // So that no command has anything to say about making them.
  expect(await place.chaos(['images'])).toMatchObject({ code: 0 });
  leftBefore = leftOver();
}, 600_000);
afterAll(() => place.remove());

function docker(...words: readonly string[]): string[] {
  return execFileSync('docker', words, { encoding: 'utf8' }).split('\n').filter(Boolean);
}

/** The runs that have left something behind: none of the containers that say that a run is alive goes with it. */
function leftOver(): string[] {
  const runsOf = (...words: readonly string[]) =>
    docker(...words, '--filter', 'label=relay-chaos.run', '--format', '{{.Label "relay-chaos.run"}}');
  const alive = docker('ps', '--filter', 'label=relay-chaos.role=reaper', '--format', '{{.Label "relay-chaos.run"}}');
  const all = [...runsOf('ps', '-a'), ...runsOf('network', 'ls'), ...runsOf('volume', 'ls')];
  return [...new Set(all)].filter((run) => !alive.includes(run)).toSorted();
}

/** Other runs on this machine may just be ending. */
async function expectNothingLeft(): Promise<void> {
  await until(systemClock, {
    what: 'nothing to be left behind',
    probe: () => leftOver().filter((run) => !leftBefore.includes(run)),
    holds: (runs) => runs.length === 0,
    everyMs: 200,
    timeoutMs: 30_000,
  });
  expect(place.runs()).toEqual([]);
}

const run = ['run', 'S-CONC-01', '--arena', 'docker', '--reports', place.reports];

describe('an engine without Compose', () => {
  test.each([
    ['whose docker command knows no compose', `echo "docker: 'compose' is not a docker command." >&2\nexit 1`],
    ['whose Compose is of the first version', 'echo 1.29.2'],
  ])('%s', async (_what, script) => {
    const bin = join(place.folder, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, 'docker'), 0o755);
    const ended = await place.chaos(run, { env: { PATH: `${bin}:${process.env.PATH}` } });
    expectRefused(
      ended,
      environment,
      /asking for Docker Compose: .*; install Compose v2 \(.*\), or run: npm run engine/,
    );
    await expectNothingLeft();
  });

  test('and without a docker command', async () => {
    const ended = await place.chaos(run, { env: { PATH: join(place.folder, 'nowhere') } });
    expectRefused(ended, environment, /asking for Docker Compose: .*; install Compose v2/);
    await expectNothingLeft();
  });
});

describe('a system', () => {
  /** A copy of the foreign system with something else in its manifest. */
  function systemWith(from: RegExp, to: string): string {
    const folder = join(place.folder, 'system');
    cpSync(join(projectFolder, 'test/foreign-system'), folder, { recursive: true });
    const path = join(folder, 'system.yml');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to));
    return folder;
  }

  test.each([['run'], ['up']])('whose image the engine does not have: %s', async (command) => {
    const system = systemWith(/relay-chaos\/base:local/g, 'relay-chaos/absent:1');
    const words = command === 'run' ? run : ['up', 'pair'];
    expectRefused(
      await place.chaos([...words, '--system', system]),
      environment,
      /image relay-chaos\/absent:1 of the system foreign: the engine does not have it; build or pull it, or correct/,
    );
    await expectNothingLeft();
  });

  test('whose image has an impossible name', async () => {
    const system = systemWith(/relay-chaos\/base:local/g, 'relay:-1');
    expectRefused(
      await place.chaos([...run, '--system', system]),
      environment,
      /image relay:-1 of the system foreign: .*; build or pull it, or correct/,
    );
    await expectNothingLeft();
  });
});

describe('networks that are taken', () => {
  const base = '10.213';
  const runId = `bad-input-${process.pid}`;
  const arena = () =>
    openDockerArena({
      runId,
      system: loadSystem(join(projectFolder, 'systems/reference')),
      log: () => undefined,
      subnetBase: base,
    });

  async function withNetwork(subnet: string, work: () => Promise<void>): Promise<void> {
    const [id] = docker('network', 'create', '--subnet', subnet, `taken-${process.pid}`) as [string];
    try {
      await work();
    } finally {
      docker('network', 'rm', id);
    }
  }

  test('all of them: told before anything is started', () =>
    withNetwork(`${base}.0.0/16`, async () => {
      const opening = arena();
      await expect(opening).rejects.toThrow(EnvironmentError);
      await expect(opening).rejects.toThrow(
        /^looking for two free \/24 networks in 10\.213\.0\.0\/16: all 128 pairs are taken; remove leftovers with: npm run chaos -- clean$/,
      );
      await expectNothingLeft();
    }));

  test('the first: a stage takes the next', () =>
    withNetwork(`${base}.0.0/24`, async () => {
      const opened = await arena();
      try {
        await opened.openStage({ topology: 'pair', profile: 'chaos', defects: [], image: 'test', seed: 'taken' });
        const networks = docker('network', 'ls', '-q', '--filter', `label=relay-chaos.run=${runId}`);
        const subnets = docker('network', 'inspect', '--format', '{{(index .IPAM.Config 0).Subnet}}', ...networks);
        expect(subnets.toSorted()).toEqual([`${base}.2.0/24`, `${base}.3.0/24`]);
      } finally {
        await opened.close();
      }
      await expectNothingLeft();
    }));
});
