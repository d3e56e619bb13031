import { beforeAll, expect, test } from '@jest/globals';
import type { IterationResult, RunResult, RunVerdict, ScenarioResult } from '../runner/results.ts';
import { playSampleRun } from './sample-run.test-support.ts';
import { isInTrend, trendText } from './trend.ts';

let sample: RunResult;
beforeAll(async () => {
  sample = { ...(await playSampleRun({}, null)), killMatrix: null, partial: false };
});

/** A run with one scenario whose iterations ended so, in so many milliseconds each. */
function runOf(run: string, verdicts: readonly RunVerdict[], times: readonly number[], added: Partial<RunResult> = {}) {
  const worst = (['fail', 'error', 'inert', 'pass'] as const).find((verdict) => verdicts.includes(verdict));
  const iterations = verdicts.map(
    (verdict, index) => ({ index, verdict, durationMs: times[index % times.length]! }) as IterationResult,
  );
  const scenario = { id: 'S-CONC-01', name: 'simultaneous-push', verdict: worst ?? 'not-run', iterations };
  return { ...sample, run, scenarios: [scenario as unknown as ScenarioResult], ...added };
}

test('a table tells each run, the oldest first, and marks where the verdict changed', () => {
  const runs = [
    runOf('20261123-080000-0003', ['pass', 'pass'], [1_000, 3_000], { partial: true }),
    runOf('20261121-080000-0001', ['pass', 'pass', 'pass'], [1_000, 9_000, 2_000]),
    runOf('20261122-080000-0002', ['pass', 'fail', 'inert', 'error'], [4_000]),
  ];
  expect(trendText(runs, ['S-CONC-01', 'S-CONC-02']).split('\n')).toEqual([
    'S-CONC-01 simultaneous-push, simulator, system reference',
    '  run                   verdict  pass  fail  inert  error  median  longest',
    '  20261121-080000-0001  pass     3     0     0      0      2.0 s   9.0 s',
    '  20261122-080000-0002  fail     1     1     1      1      4.0 s   4.0 s    <- was pass',
    '  20261123-080000-0003  pass     2     0     0      0      2.0 s   3.0 s    <- was fail, partial',
    '  6 of 9 iterations passed, medians 2.0 s to 4.0 s, 2 changes of verdict',
  ]);
});

test('runs of another arena or system stand apart', () => {
  const times = [1_000];
  const text = trendText(
    [
      runOf('20261121-080000-0001', ['pass'], times),
      runOf('20261122-080000-0002', ['fail'], times, { arena: 'docker' }),
      runOf('20261123-080000-0003', ['fail'], times, { system: { name: 'other', version: '1' } }),
    ],
    ['S-CONC-01'],
  );
  expect(text.match(/^S-CONC-01 .*$/gm)).toEqual([
    'S-CONC-01 simultaneous-push, simulator, system reference',
    'S-CONC-01 simultaneous-push, docker, system reference',
    'S-CONC-01 simultaneous-push, simulator, system other',
  ]);
  expect(text).not.toContain('<- was');
});

test('a run that was made wrong on purpose counts for nothing, and is named', () => {
  const wrong = [
    runOf('20261122-080000-0002', ['inert'], [1], { disarmed: true }),
    runOf('20261123-080000-0003', ['fail'], [1], { defects: ['first-cursor-zero'] }),
    runOf('20261124-080000-0004', [], [1], { killMatrix: [] }),
  ];
  const sound = runOf('20261121-080000-0001', ['pass'], [500]);
  expect(wrong.map((run) => isInTrend(run, ['S-CONC-01']))).toEqual([false, false, false]);
  expect(isInTrend(sound, ['S-CONC-01'])).toBe(true);
  expect(isInTrend(sound, ['S-CONC-02'])).toBe(false);
  const lines = trendText([...wrong, sound], ['S-CONC-01']).split('\n');
  expect(lines[3]).toBe('  1 of 1 iterations passed');
  expect(lines.slice(5)).toEqual([
    'left out: 20261122-080000-0002, disarmed',
    'left out: 20261123-080000-0003, planted defect first-cursor-zero',
    'left out: 20261124-080000-0004, a proof',
  ]);
  expect(trendText(wrong.slice(0, 1), ['S-CONC-01'])).toMatch(/^no iteration of these scenarios was run\n\nleft out/);
});
