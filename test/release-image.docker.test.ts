import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { RunResult } from '../src/harness/runner/results.ts';

const project = join(import.meta.dirname, '..');

/** One trial of S-CONC-01 through the command line; answers its result. */
function runOnRelease(variant: string, iteration: number): RunResult {
  const words = ['run', 'S-CONC-01', '--image', 'release', '--arena', 'docker', '--reporter', 'terminal,json'];
  const before = new Set(readdirSync(join(project, 'reports')));
  const chaos = spawnSync(
    process.execPath,
    [join(project, 'src/harness/cli/chaos.mjs'), ...words, '--variant', variant, '--iteration', String(iteration)],
    { cwd: project, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const made = readdirSync(join(project, 'reports')).filter((name) => !before.has(name));
  expect(`${chaos.status}: ${chaos.stdout}${chaos.stderr}`).toMatch(/^0: /);
  return JSON.parse(readFileSync(join(project, 'reports', made[0]!, 'results.json'), 'utf8')) as RunResult;
}

test.each([
  ['first-blob', 0],
  ['seeded', 1],
])('S-CONC-01 %s passes on the release image, its captures opaque and everything else judged', (variant, iteration) => {
  const [trial] = runOnRelease(variant, iteration).scenarios[0]!.iterations[0]!.trials;
  expect(trial!.verdict).toBe('pass');
  const noPlaintext = trial!.findings.find(({ check }) => check === 'no-plaintext');
  expect(noPlaintext).toMatchObject({ verdict: 'valid' });
  expect(noPlaintext!.because).toContain('opaque');
});
