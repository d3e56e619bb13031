import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import type { RunUsage } from '../runner/results.ts';
import { killMatrixText } from './kill-matrix.ts';
import { playSampleRun, type SampleRunOptions, sampleKillMatrix } from './sample-run.test-support.ts';
import { type TerminalOptions, terminal } from './terminal.ts';
import { boundText, durationText, remarksOf, sizeText, usageTexts } from './wording.ts';

async function told(
  stream: { isTTY?: boolean; columns?: number },
  options: SampleRunOptions = {},
  colours: TerminalOptions['colours'] = true,
) {
  const written: string[] = [];
  const reporter = terminal({ stream: { ...stream, write: (text) => written.push(text) }, colours, nowMs: () => 0 });
  const result = await playSampleRun(reporter, 'reports/run', options);
  return { text: written.join(''), written, result };
}

describe('without a terminal', () => {
  test('one line for each iteration, no colours, and everything a woken person needs', async () => {
    const { text, result } = await told({});
    expect(stripVTControlCharacters(text)).toBe(text);
    expect(text).not.toContain('\r');
    const [first, arena, seed, workers] = text.split('\n');
    expect(first).toBe('relay-chaos 20261121-101500-3fa9');
    expect(arena).toBe(
      'arena     simulator (no container engine answers; the verdicts that count come from containers)',
    );
    expect(seed).toBe('seed      0x5eed');
    expect(workers).toBe('workers   2 (2 processors)');
    expect(text.match(/^(pass|fail|inert|error) +\S+ #\d+ /gm)).toHaveLength(47);
    const table = text.slice(text.indexOf('verdict  scenario'));
    expect(table).toContain('fail     S-CONC-01  24 of 25  ≥ 82.3 %');
    expect(table).toContain('no-data-loss (invariant): 1 of 140 accepted pushes is missing on node-a');
    expect(table).toContain('      - push 62 of node-b');
    expect(table).toContain(`    again: ${result.scenarios[0]!.iterations[7]!.trials[0]!.repro}\n`);
    expect(table).toContain('not-run  T-LAT-01 fixed-latency\n  in the catalogue, not built yet\n');
    expect(table).toContain('not-run  T-LOSS-02 netem: the simulator has no netem');
    expect(table).toContain('an earlier attempt: cut-after-m1: the engine did not answer within 10000 ms');
    expect(table).toMatch(/^partial: fewer variants/m);
    expect(text).toMatch(
      /2 fail, 1 inert, 1 not-run in .*, arena simulator, seed 0x5eed\neverything else: reports\/run\n$/,
    );
  });

  test('every trial that did not pass has its line, however many there are', async () => {
    const { text, result } = await told({}, { disarmed: true });
    const inert = result.scenarios.flatMap(({ iterations }) => iterations).flatMap(({ trials }) => trials);
    expect(inert.length).toBeGreaterThan(60);
    for (const { repro } of inert) expect(text).toContain(repro);
    expect(text).toMatch(/^disarmed: every fault was switched off/m);
  });

  test.each([
    [{ disarmed: true }, /^disarmed: every fault was switched off/gm],
    [{ defects: ['first-cursor-zero'] }, /^planted defect: first-cursor-zero; the system was wrong on purpose/gm],
  ])(
    'what was made wrong on purpose is said before the first iteration and after the last: %j',
    async (options, says) => {
      const { text } = await told({}, options);
      const places = [...text.matchAll(says)].map(({ index }) => index);
      expect(places).toHaveLength(2);
      const iterations = [...text.matchAll(/^(pass|fail|inert|error) +\S+ #\d+ /gm)].map(({ index }) => index);
      expect(places[0]).toBeLessThan(iterations[0]!);
      expect(places[1]).toBeGreaterThan(iterations.at(-1)!);
    },
  );
});

describe('on a terminal', () => {
  test('one updating line, no wider than the terminal; only what did not pass stays', async () => {
    const { text, written } = await told({ isTTY: true, columns: 60 });
    const clear = '\r\u001b[2K';
    const live = written
      .filter((part) => part.startsWith(clear) && !part.includes('\n'))
      .map((part) => part.slice(clear.length));
    expect(live.length).toBeGreaterThan(90);
    expect(Math.max(...live.map((line) => line.length))).toBeLessThan(60);
    expect(live.some((line) => line.includes(' | 7 of 47 | 7 pass | S-CONC-01 #7 se'))).toBe(true);
    expect(live.at(-1)).toBe('');
    const plain = stripVTControlCharacters(text);
    expect(plain.match(/(fail|inert|error) +\S+ #\d+ /g)).toHaveLength(4);
    expect(plain).not.toMatch(/pass +S-CONC-01 #/);
    expect(text).toContain('\u001b[31m');
  });

  test('no colours when the user wants none', async () => {
    const { text } = await told({ isTTY: true }, {}, false);
    expect(text.replaceAll('\u001b[2K', '')).not.toContain('\u001b[');
  });
});

describe('words and figures', () => {
  test.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [3_599_400, '59 min 59 s'],
    [3_600_000, '1 h 00 min'],
    [3_720_000, '1 h 02 min'],
  ])('%d ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [16_384, '16 KiB'],
    [60_000, '60000 B (58.6 KiB)'],
    [1_048_494, '1048494 B (1.00 MiB)'],
    [4_194_304, '4 MiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  test('a bound is rounded down, and none is a dash', () => {
    expect(boundText(0.94186)).toBe('≥ 94.1 %');
    expect(boundText(0)).toBe('≥ 0.0 %');
    expect(boundText(null)).toBe('-');
  });

  const usage: RunUsage = {
    workers: 4,
    wallMs: 100_000,
    busyMs: 320_000,
    aloneMs: 20_000,
    tailMs: 60_000,
    utilisation: 0.8,
    stages: { opened: 3, most: 4, openingMs: 12_000 },
    longest: { scenario: 'S-CONV-03', index: 2, durationMs: 65_000 },
    boundBy: { what: 'longest-iteration', share: 0.15 },
  };

  test.each([
    ['longest-iteration', /^bound by its end, .* 15 % .* S-CONV-03 #2 \(1 min 05 s\)$/],
    ['running-alone', /^bound by iterations that run alone: 15 % /],
    ['opening-stages', /^bound by opening stages: 15 % /],
    ['work', /^bound by the work itself: more workers would shorten it/],
    ['no-more-work', /^bound by the work itself: more workers would find nothing to do$/],
    ['one-iteration', /^bound by the one iteration it ran, S-CONV-03 #2 \(1 min 05 s\)$/],
  ] as const)('what bounds a run is said: %s', (what, expected) => {
    const [used, bound] = usageTexts({ ...usage, boundBy: { what, share: 0.15 } });
    expect(used).toBe('4 workers side by side, 80 % busy; 3 stages opened in 12.0 s, at most 4 at once');
    expect(bound).toMatch(expected);
  });

  test('a run without an iteration used nothing that could be told', () => {
    expect(usageTexts({ ...usage, longest: null, boundBy: { what: 'nothing', share: 0 } })).toEqual([]);
    // As an older version stored it.
    expect(usageTexts({ ...usage, longest: null, boundBy: { what: 'work', share: 0 } })).toEqual([]);
  });

  test('a run with a baseline does not say that it has none', () => {
    const run = { partial: false, disarmed: false, defects: [] };
    expect(remarksOf({ ...run, baseline: null })).toHaveLength(1);
    expect(remarksOf({ ...run, baseline: cleanNetwork })).toEqual([]);
  });

  test('a partial run says what is missing, of many scenarios only which they are', () => {
    const run = { partial: true, disarmed: false, defects: [], baseline: cleanNetwork };
    const lack = (scenario: string) => ({ scenario, what: 'first 1 of 3' });
    const words =
      'partial: fewer variants or iterations ran than the scenarios ask for before they may count as passed';
    expect(remarksOf(run)).toEqual([words]);
    const few = ['S-SM-01', 'S-SM-02', 'S-SM-03'];
    expect(remarksOf({ ...run, lacks: few.slice(0, 2).map(lack) })).toEqual([
      `${words}: S-SM-01 (first 1 of 3), S-SM-02 (first 1 of 3)`,
    ]);
    expect(remarksOf({ ...run, lacks: [...few, 'S-SM-04'].map(lack) })).toEqual([
      `${words}: S-SM-01, S-SM-02, S-SM-03, S-SM-04`,
    ]);
  });

  test('the kill matrix is aligned and says why a defect was missed', () => {
    const lines = killMatrixText(sampleKillMatrix).split('\n');
    expect(lines[0]).toMatch(/^verdict {2}scenario {3}defect/);
    expect(lines[1]).toContain('distinct-cursors 1, no-data-loss 1');
    expect(lines[3]).toMatch(/^missed .* health +0 of 3 {2}3 of 3 {2}pending-handshakes-gone 3$/);
    expect(lines).toContain('2 of 3 defects caught, 1 not run');
    expect(lines).toContain('  E-HS-01 pending-handshake-kept: missed, cut-after-m1: fail, a reaction did not come');
    expect(killMatrixText([])).toBe('kill matrix: no planted defect was run\n');
  });
});
