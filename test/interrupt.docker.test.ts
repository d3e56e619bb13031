import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { systemClock } from '../src/support/system-clock.ts';
import { until } from '../src/support/until.ts';

const project = join(import.meta.dirname, '..');

/** Names of the run's containers, or ids of its networks and volumes. */
function ofRun(id: string, ...kind: readonly string[]): string[] {
  const words = [...kind, '--filter', `label=relay-chaos.run=${id}`];
  return execFileSync('docker', words, { encoding: 'utf8' }).split('\n').filter(Boolean);
}

interface StartedCommand {
  readonly child: ChildProcess;
  readonly id: string;
  readonly said: () => string;
}

async function startRun(): Promise<StartedCommand> {
  const words = ['run', 'S-CONC-01', '--variant', 'seeded', '--system', 'test/foreign-system', '--arena', 'docker'];
  const child = spawn(process.execPath, ['src/harness/cli/chaos.mjs', ...words], { cwd: project });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const id = await until(systemClock, {
    what: 'the run to name its folder',
    probe: () => /^folder +\S*reports\/(\S+)$/m.exec(output)?.[1],
    holds: (found) => found !== undefined,
    everyMs: 20,
    timeoutMs: 60_000,
  });
  return { child, id: id!, said: () => output };
}

test.each([
  ['while a stage is opened', 'keeper'],
  ['while a trial runs', 'node-a'],
])('an interrupt %s ends the run with 130 at once, and nothing of it is left', async (_when, service) => {
  const { child, id, said } = await startRun();
  try {
    await until(systemClock, {
      what: `the container of ${service} to run`,
      probe: () => ofRun(id, 'ps', '--format', '{{.Names}}'),
      holds: (names) => names.some((name) => name.includes(service)),
      everyMs: 20,
      timeoutMs: 60_000,
    });
    const interruptedMs = systemClock.monotonicMs();
    child.kill('SIGINT');
    const [exitCode] = await once(child, 'exit');
    expect({ exitCode, said: said() }).toMatchObject({ exitCode: 130 });
    expect(systemClock.monotonicMs() - interruptedMs).toBeLessThan(20_000);
    expect([
      ...ofRun(id, 'ps', '-aq'),
      ...ofRun(id, 'network', 'ls', '-q'),
      ...ofRun(id, 'volume', 'ls', '-q'),
    ]).toEqual([]);
  } finally {
    child.kill('SIGKILL');
    rmSync(join(project, 'reports', id), { recursive: true });
  }
});
