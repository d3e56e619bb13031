import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { EnvironmentError, ScenarioError } from '../../support/errors.ts';
import { reduceCollected } from '../evidence/keep.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { TrialResult } from '../runner/results.ts';
import { historyFile } from './history-file.ts';
import { openReporters } from './registry.ts';
import { RunFolder, readRun } from './run-folder.ts';
import { playSampleRun, type SampleRunOptions, sampleAbout, sampleCatalogue } from './sample-run.test-support.ts';

const reports = mkdtempSync(join(tmpdir(), 'relay-chaos-folder-'));
afterAll(() => rmSync(reports, { recursive: true }));

async function run(name: string, options: SampleRunOptions = {}) {
  const folder = RunFolder.create(reports, name);
  const reporter = openReporters(['json'], {
    folder,
    stream: { write: () => {} },
    colours: false,
    about: sampleAbout,
    catalogue: sampleCatalogue(),
    reduce: reduceCollected,
  });
  const result = await playSampleRun(reporter, folder.path, { iterations: 8, ...options });
  return { folder, result, history: join(folder.path, 'history.jsonl') };
}

describe('a run’s folder', () => {
  test('is for its owner alone, and says that its keys were made for the run', async () => {
    const { folder, history } = await run('mode');
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    expect(statSync(history).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder.path, 'README.txt'), 'utf8')).toContain('was generated for that run');
    expect(readFileSync(history, 'utf8').split('\n')[0]).toContain('was generated for that run');
  });

  test('a reports folder that cannot be written to is explained', () => {
    // Root may write to a read-only folder, but nobody can make a folder inside a file.
    const inTheWay = join(reports, 'a-file');
    writeFileSync(inTheWay, '');
    for (const folder of [inTheWay, join(inTheWay, 'below', 'it')]) {
      expect(() => RunFolder.create(folder, 'run')).toThrow(ScenarioError);
      expect(() => RunFolder.create(folder, 'run')).toThrow(/^--reports: expected a folder, .*a-file" is none; name/);
    }
    const deep = join(reports, 'first', 'second');
    expect(RunFolder.create(deep, 'run').path).toBe(join(deep, 'run'));
    RunFolder.create(reports, 'twice');
    expect(() => RunFolder.create(reports, 'twice')).toThrow(/EEXIST/);
  });

  test('reads back as it was written', async () => {
    const { folder, result } = await run('whole');
    const stored = readRun(folder.path);
    expect(stored.finished).toBe(true);
    expect(stored.result).toEqual(result);
    expect(JSON.parse(readFileSync(join(folder.path, 'results.json'), 'utf8'))).toEqual(result);
    expect(stored.iterations).toHaveLength(8 + 12 + 10);
    for (const { iteration, records } of stored.iterations) {
      for (const { record, reduced } of records) {
        const trial = iteration.trials.find(({ variant }) => variant === record.variant)!;
        expect(reduced).toBe(trial.verdict === 'pass');
        expect(record.entries.length).toBeGreaterThan(80);
      }
    }
  });

  test.each([
    ['ended', {}],
    ['was killed', { killedAfter: 3 }],
  ])('knows which defects were planted, also of a run that %s', async (name, options) => {
    const { folder, history } = await run(`planted ${name}`, { ...options, defects: ['first-cursor-zero'] });
    expect(readRun(folder.path).result.defects).toEqual(['first-cursor-zero']);
    // As versions before this one wrote it.
    const older = readFileSync(history, 'utf8').replace(/,"disarmed":false,"defects":\[[^\]]*\]/, ',"disarmed":false');
    writeFileSync(history, older);
    expect(readRun(folder.path).result.defects).toEqual(['first-cursor-zero']);
  });

  test('a torn last line is left out, and what came before it counts', async () => {
    const { folder, history } = await run('torn', { killedAfter: 3 });
    const whole = statSync(history).size;
    appendFileSync(history, '{"kind":"iteration","scenario":"S-CONC-01","iterat');
    const stored = readRun(folder.path);
    expect(stored.finished).toBe(false);
    expect(stored.iterations.map(({ iteration }) => iteration.index)).toEqual([0, 1, 2]);
    expect(stored.iterations[2]!.records[0]!.record.iteration).toBe(2);
    expect(stored.result.scenarios[0]).toMatchObject({
      verdict: 'not-run',
      because: 'the run ended after 3 of 8 iterations',
      passed: 3,
    });
    truncateSync(history, whole - 20);
    expect(readRun(folder.path).iterations).toHaveLength(2);
  });

  test('a broken line inside is an error that names it', async () => {
    const { folder, history } = await run('broken', { killedAfter: 2 });
    const lines = readFileSync(history, 'utf8').split('\n');
    writeFileSync(history, [lines[0], 'not JSON', ...lines.slice(1)].join('\n'));
    expect(() => readRun(folder.path)).toThrow(EnvironmentError);
    expect(() => readRun(folder.path)).toThrow(/history\.jsonl:2: expected a line of JSON/);
  });

  test('a folder without a history is explained', () => {
    const empty = RunFolder.create(reports, 'empty');
    expect(() => readRun(empty.path)).toThrow(/ENOENT.*expected the folder of a run/);
    writeFileSync(join(empty.path, 'history.jsonl'), '');
    expect(() => readRun(empty.path)).toThrow(/expected a line that tells of a run's start/);
  });

  test('each finished iteration is one line at once, without the attempts that were run again', () => {
    const folder = RunFolder.create(reports, 'attempts');
    const reporter = historyFile({ folder, about: sampleAbout, catalogue: [], reduce: null });
    const trial = { variant: 'seeded', verdict: 'pass' } as TrialResult;
    const record = (seed: string) =>
      ({ variant: 'seeded', seed, entries: [], collected: {} }) as unknown as TrialRecord;
    reporter.iterationStarted?.('S-CONC-01', 0, 'seeded');
    reporter.trialFinished?.('S-CONC-01', 0, { ...trial, verdict: 'error' }, record('first attempt'));
    reporter.trialFinished?.('S-CONC-01', 0, trial, record('second attempt'));
    reporter.iterationFinished?.('S-CONC-01', {
      index: 0,
      seed: '0x1',
      variant: 'seeded',
      verdict: 'pass',
      because: '',
      digest: '',
      startedAt: '',
      durationMs: 1,
      trials: [trial],
      errors: ['seeded: the engine was away'],
    });
    const text = readFileSync(join(folder.path, 'history.jsonl'), 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    expect(JSON.parse(text).records).toEqual([{ reduced: false, record: record('second attempt') }]);
  });
});
