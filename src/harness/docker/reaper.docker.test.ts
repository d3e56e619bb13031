import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../support/system-clock.ts';
import { until } from '../../support/until.ts';
import { cleanLeftovers, sweepRun } from './clean.ts';
import { openEngine, runLabel } from './engine.ts';

const docker = openEngine();
const goneWithinMs = 30_000;
let child: ChildProcess | null = null;
let run = '';

/** Starts a tester of its own run; the answer waits for the line in which it says where it is. */
function startTester(name: string) {
  run = `kill-${name}-${process.pid}`;
  const program = join(import.meta.dirname, 'reaper-child.test-support.ts');
  const started = spawn(process.execPath, [program, run], { stdio: ['pipe', 'pipe', 'inherit'] });
  child = started;
  const said: string[] = [];
  createInterface({ input: started.stdout }).on('line', (line) => said.push(line));
  return {
    tester: started,
    saying: (phase: string) =>
      until(systemClock, {
        what: `the tester to say ${phase}`,
        probe: () => (started.exitCode === null ? said : [`ended with ${started.exitCode}`]),
        holds: (lines) => lines.includes(phase) || started.exitCode !== null,
        everyMs: 5,
        timeoutMs: 100_000,
      }),
  };
}

async function left() {
  const filters = { label: [`${runLabel}=${run}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return { containers: containers.length, networks: networks.length, volumes: volumes.Volumes?.length ?? 0 };
}

const nothing = { containers: 0, networks: 0, volumes: 0 };

const nothingLeft = () =>
  until(systemClock, {
    what: 'nothing of the run to be left',
    probe: left,
    holds: (found) => found.containers + found.networks + found.volumes === 0,
    everyMs: 200,
    timeoutMs: goneWithinMs,
  });

afterEach(async () => {
  child?.kill('SIGKILL');
  await sweepRun(docker, run);
}, 60_000);

describe('a tester that is killed leaves nothing behind', () => {
  test('while it brings a stage up', async () => {
    const { tester, saying } = startTester('up');
    await saying('opening');
    await until(systemClock, {
      what: 'the first containers of the stage to be there',
      probe: left,
      holds: ({ containers, networks }) => containers > 1 && networks > 0,
      everyMs: 5,
      timeoutMs: 30_000,
    });
    tester.kill('SIGKILL');
    await nothingLeft();
    expect(await left()).toEqual(nothing);
  }, 180_000);

  test('in the middle of a trial', async () => {
    const { tester, saying } = startTester('trial');
    await saying('trial');
    expect((await left()).containers).toBeGreaterThan(10);
    expect(await cleanLeftovers({ run })).toEqual({ removed: new Map(), alive: [run] });
    expect((await left()).containers).toBeGreaterThan(10);
    tester.kill('SIGKILL');
    await nothingLeft();
    expect(await left()).toEqual(nothing);
  }, 180_000);

  test('while it takes the stage down', async () => {
    const { tester, saying } = startTester('down');
    await saying('trial');
    tester.stdin!.write('stop\n');
    await saying('stopping');
    tester.kill('SIGKILL');
    await nothingLeft();
    expect(await left()).toEqual(nothing);
  }, 180_000);

  test('a run without a lease is cleaned up', async () => {
    run = `clean-${process.pid}`;
    await docker.createVolume({ Name: `relay-chaos-${run}`, Labels: { [runLabel]: run } });
    const { removed, alive } = await cleanLeftovers({ run });
    expect(removed.get(run)).toEqual({ containers: 0, networks: 0, volumes: 1 });
    expect(alive).toEqual([]);
    expect(await left()).toEqual(nothing);
  }, 60_000);

  test('and one that ends in order leaves nothing either', async () => {
    const { tester, saying } = startTester('end');
    await saying('trial');
    const ended = new Promise((resolve) => tester.once('exit', resolve));
    tester.stdin!.write('stop\n');
    expect(await ended).toBe(0);
    expect(await left()).toEqual(nothing);
  }, 180_000);
});
