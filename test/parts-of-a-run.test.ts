import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunResult } from '../src/harness/runner/results.ts';
import { type Ended, expectRefused, projectFolder, Workplace } from './chaos-command.test-support.ts';

/** Each command is a process of its own with its threads, and the machine may be busy. */
const timeoutMs = 120_000;

let place: Workplace;
/** A copy, because a run that goes on refuses when the sources changed under it, as they do where people work. */
let project: string;
let whole: string;

const words = ['run', 'S-CONC-01', 'E-HS-01', '--arena', 'simulator', '--iterations', '4', '--seed', '0x7'];

beforeAll(async () => {
  place = new Workplace();
  project = join(place.folder, 'project');
  for (const name of ['src', 'systems', 'compose', 'docker', 'package.json']) {
    cpSync(join(projectFolder, name), join(project, name), { recursive: true });
  }
  symlinkSync(join(projectFolder, 'node_modules'), join(project, 'node_modules'));
  const scenarios = [
    'catalogue.yml',
    'standing-defects.yml',
    'encryption/E-HS-01-first-message-cut-and-kem-bit-flip.yml',
    'sync/S-CONC-01-simultaneous-push.yml',
  ];
  for (const name of scenarios) cpSync(join(projectFolder, 'scenarios', name), join(project, 'scenarios', name));
  whole = await ran([...words, '--workers', '1']);
}, timeoutMs);
afterAll(() => place.remove());

function chaos(all: readonly string[], options: { readonly killAfter?: number } = {}): Promise<Ended> {
  const { killAfter } = options;
  return place.chaos([...all, '--reports', place.reports], {
    project,
    onOutput: (stdout, signal) => {
      const lines = stdout.match(/^pass .* #\d+ /gm)?.length ?? 0;
      if (killAfter !== undefined && lines >= killAfter) signal('SIGKILL');
    },
  });
}

/** Runs the words to their end and answers the ID of the new run. */
async function ran(all: readonly string[], code = 0): Promise<string> {
  const before = place.runs();
  const ended = await chaos(all);
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr: '' });
  return place.runs().find((run) => !before.includes(run))!;
}

async function killed(all: readonly string[]): Promise<string> {
  const before = place.runs();
  expect((await chaos(all, { killAfter: 3 })).code).toBeNull();
  return place.runs().find((run) => !before.includes(run))!;
}

const path = (run: string, name: string) => join(place.reports, run, name);
const resultOf = (run: string) => JSON.parse(readFileSync(path(run, 'results.json'), 'utf8')) as RunResult;
const linesOf = (run: string) => readFileSync(path(run, 'history.jsonl'), 'utf8').trimEnd().split('\n');
const kindsOf = (run: string) => linesOf(run).map((line) => (JSON.parse(line) as { kind: string }).kind);

/** What must be the same however a run came about: all but its names and times. */
function essence(run: string): unknown {
  const { scenarios, seed, arena, system, partial } = resultOf(run);
  const timeless = JSON.stringify({ scenarios, seed, arena, system, partial }, (key, value: unknown) =>
    ['startedAt', 'durationMs'].includes(key) ? undefined : value,
  );
  return JSON.parse(timeless);
}

describe('a run', () => {
  test(
    'with two workers has the results and digests of one with one',
    async () => {
      const two = await ran([...words, '--workers', '2']);
      expect(essence(two)).toEqual(essence(whole));
      expect(resultOf(two).usage).toMatchObject({ workers: 2, stages: { opened: 12, most: 2 } });
      expect(readFileSync(path(two, 'summary.md'), 'utf8')).toMatch(/2 workers side by side, \d+ % busy/);
      expect(readFileSync(path(two, 'report.html'), 'utf8')).toContain('2 workers side by side');
    },
    timeoutMs,
  );

  test(
    'killed in the middle goes on, and ends as if nothing had happened',
    async () => {
      const run = await killed([...words, '--workers', '2']);
      const before = linesOf(run);
      expect(before.length).toBeGreaterThan(3);
      expect(before.length).toBeLessThan(9);
      writeFileSync(path(run, 'history.jsonl'), '{"kind":"iteration","scenario":"S-CO', { flag: 'a' });

      await ran(['run', '--resume', run, '--workers', '2']);
      expect(essence(run)).toEqual(essence(whole));
      expect(linesOf(run).slice(0, before.length)).toEqual(before);
      expect(kindsOf(run)).toEqual([
        'started',
        ...Array(before.length - 1).fill('iteration'),
        'resumed',
        ...Array(9 - before.length).fill('iteration'),
        'finished',
      ]);

      const again = await chaos(['run', '--resume', run]);
      expectRefused(again, 3, `--resume: run ${run} has nothing left to run: all 8 iterations are there`);
    },
    timeoutMs,
  );

  test(
    'cannot go on with another tester or scenario, or with other options',
    async () => {
      const run = await killed([...words, '--workers', '2']);
      const options = await chaos(['run', 'S-CONC-01', '--resume', run, '--seed', '0x8']);
      expectRefused(options, 3, /--resume: takes everything from the run .* got S-CONC-01 --seed/);

      const scenario = join(project, 'scenarios/sync/S-CONC-01-simultaneous-push.yml');
      const source = join(project, 'src/added.ts');
      writeFileSync(scenario, '# changed\n', { flag: 'a' });
      writeFileSync(source, 'export const added = true;\n');
      const changed = await chaos(['run', '--resume', run]);
      rmSync(source);
      cpSync(join(projectFolder, 'scenarios/sync/S-CONC-01-simultaneous-push.yml'), scenario);
      expectRefused(
        changed,
        3,
        /expected the sources of the tester [0-9a-f]{12} that it began with, got [0-9a-f]{12}/,
        /expected S-CONC-01 as it was \([0-9a-f]{12}\), got [0-9a-f]{12}/,
      );
      await ran(['run', '--resume', run, '--workers', '2']);
      expect(essence(run)).toEqual(essence(whole));
    },
    timeoutMs,
  );
});

test(
  'shards joined are the whole run, and two that overlap are refused',
  async () => {
    const shards = [];
    for (const part of ['1/2', '2/2']) shards.push(await ran([...words, '--shard', part]));
    const counts = shards.map((run) => resultOf(run).scenarios.reduce((sum, { total }) => sum + total, 0));
    expect(counts[0]! + counts[1]!).toBe(8);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    const joined = await ran(['merge', ...shards.toReversed()]);
    expect(essence(joined)).toEqual(essence(whole));
    expect(readdirSync(join(place.reports, joined))).toEqual(expect.arrayContaining(['report.html', 'junit.xml']));

    expectRefused(await chaos(['merge', shards[0]!, whole]), 3, /expected \S+ #\d in one run, got it in two/);
  },
  timeoutMs,
);

test(
  'a variant that some of the scenarios have runs there, and what has it not is named and counts for nothing',
  async () => {
    const before = place.runs();
    const { code, stdout } = await chaos([...words, '--variant', 'seeded']);
    const [run] = place.runs().filter((one) => !before.includes(one)) as [string];
    expect(code).toBe(0);
    expect(stdout.match(/^left out .*$/gm)).toEqual(['left out  E-HS-01 (no variant "seeded")']);
    expect(resultOf(run)).toMatchObject({
      partial: true,
      scenarios: [{ id: 'S-CONC-01', passed: 4, verdict: 'pass' }],
    });
  },
  timeoutMs,
);

test(
  'what did not pass runs again, as it was asked for',
  async () => {
    expect(await chaos(['run', '--last-failed'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/every iteration of .* passed/),
    });
    const disarmed = await ran(['run', 'S-CONC-01', '--disarm', '--iterations', '2', ...words.slice(3, 5)], 2);
    const again = await ran(['run', '--last-failed'], 2);
    expect(resultOf(again)).toMatchObject({ disarmed: true, partial: true, seed: resultOf(disarmed).seed });
    expect(essence(again)).toEqual({ ...(essence(disarmed) as object), partial: true });
  },
  timeoutMs,
);

test(
  'a planted defect is told by everything a run leaves, and by the run that repeats it',
  async () => {
    const before = place.runs();
    const asked = ['run', 'S-CONC-01', '--defect', 'first-cursor-zero', '--iterations', '2', ...words.slice(3, 5)];
    const { code, stdout } = await chaos(asked);
    const [run] = place.runs().filter((one) => !before.includes(one)) as [string];
    expect(code).toBe(1);
    expect(stdout.match(/^planted defect: first-cursor-zero; /gm)).toHaveLength(2);
    expect(resultOf(run).defects).toEqual(['first-cursor-zero']);
    expect(readFileSync(path(run, 'summary.md'), 'utf8')).toContain('**planted defect**: first-cursor-zero;');
    for (const name of ['junit.xml', 'report.html']) {
      expect(readFileSync(path(run, name), 'utf8')).toContain('planted defect: first-cursor-zero;');
    }
    expect(resultOf(await ran(['run', '--last-failed'], 1)).defects).toEqual(['first-cursor-zero']);
    expect(resultOf(whole).defects).toEqual([]);
  },
  timeoutMs,
);

test(
  'a scenario that was just begun runs, and disarmed it comes out inert',
  async () => {
    const begun = await place.chaos(['new', 'e-enc-01'], { project });
    const file = 'scenarios/encryption/E-ENC-01-ciphertext-bit-flip.yml';
    expect(begun).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(`^${file}: begun`) });
    const asked = ['run', 'E-ENC-01', '--variant', 'on-mitm', '--iterations', '1', '--arena', 'simulator'];
    expect(resultOf(await ran(asked)).scenarios).toMatchObject([{ id: 'E-ENC-01', verdict: 'pass' }]);
    expect(resultOf(await ran([...asked, '--disarm'], 2)).scenarios).toMatchObject([{ verdict: 'inert' }]);
    rmSync(join(project, file));
  },
  timeoutMs,
);

test(
  'the trend over all these runs leaves out what was wrong on purpose',
  async () => {
    const { code, stdout } = await chaos(['trend', 'S-CONC-01', '--last', '50']);
    expect(code).toBe(0);
    expect(stdout).toContain(`  ${whole}  pass     4     0     0      0 `);
    expect(stdout).toMatch(/^left out: \S+, disarmed$/m);
    expect(stdout).toMatch(/^left out: \S+, planted defect first-cursor-zero$/m);
    expect(stdout).not.toContain('E-HS-01');
  },
  timeoutMs,
);

test(
  'a dry run names each iteration with its variants, runs nothing and leaves nothing',
  async () => {
    const before = place.runs();
    const { code, stdout } = await chaos([...words, '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^S-CONC-01 first-blob: #0 #2$/m);
    expect(stdout).toMatch(/^S-CONC-01 seeded: #1 #3$/m);
    expect(stdout).not.toMatch(/baseline|workers side by side/);
    expect(place.runs()).toEqual(before);
  },
  timeoutMs,
);
