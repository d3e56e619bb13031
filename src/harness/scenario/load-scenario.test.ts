import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ScenarioError } from '../../support/errors.ts';
import { loadCatalogue } from './catalogue.ts';
import { parseScenario } from './load-scenario.ts';
import { loadStandingDefects } from './standing-defects.ts';

const folder = join(import.meta.dirname, '../../../scenarios');

const whole = `id: T-LAT-01
name: fixed-latency
why: Everything arrives late and nothing arrives twice.
topology: pair
iterations: 10
tags: []
faults:
  - { kind: latency, link: node-a, delay: 100ms }
load:
  - push: { from: node-a, count: 3 }
variants:
  each:
    d100: {}
    d200:
      faults:
        - { kind: latency, link: node-b, delay: 200ms, until: load-end, at-most: 5s }
proof:
  - barrier-skew: { maxMs: 10 }
  - delays-as-ordered
planted:
  - { defect: late-push-sent-again, caught-by: no-data-loss }
smoke: { iterations: 1, variants: [d100] }
`;

function problemsOf(text: string): readonly string[] {
  try {
    parseScenario('file.yml', text);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

describe('a scenario file', () => {
  test('is bound to faults, steps and checks, and a variant adds to what the scenario says', () => {
    const scenario = parseScenario('file.yml', whole);
    const [d100, d200] = scenario.variants;
    expect(d100!.faults.map((fault) => fault.parameters)).toEqual([
      { link: ['node-a'], direction: ['up', 'down'], delay: 100, jitter: 0 },
    ]);
    expect(d200!.faults).toHaveLength(2);
    expect(d200!.faults[1]).toMatchObject({ until: 'load-end', atMostMs: 5000 });
    expect(d200!.load).toHaveLength(1);
    expect(scenario.category).toBe('transport');
  });

  test.each([
    [
      'a wrong duration',
      ['delay: 100ms', 'delay: 250'],
      /^file\.yml:8 faults\[0\]\.delay: expected a duration such as "250ms", "30s" or "5m", got 250$/,
    ],
    [
      'an unknown fault',
      ['kind: latency, link: node-a', 'kind: latencyy, link: node-a'],
      /file\.yml:8 faults\[0\]\.kind: .*"latencyy".*|did you mean "latency"\?/,
    ],
    ['an unknown step', ['- push:', '- pusch:'], /file\.yml:10 load\[0\].*did you mean "push"\?.*got "pusch"/],
    ['an unknown check', ['barrier-skew', 'barier-skew'], /file\.yml:18 proof\[0\].*did you mean "barrier-skew"\?/],
    ['an unknown field', ['why:', 'because: x\nwhy:'], /because: expected no such field, got "because"/],
    ['a wrong type', ['iterations: 10', 'iterations: ten'], /file\.yml:5 iterations: expected number, got "ten"/],
    [
      'an unknown topology',
      ['topology: pair', 'topology: pear'],
      /file\.yml:4 topology: .*did you mean "pair"\?.*got "pear"/,
    ],
    [
      'a smoke variant that is none',
      ['variants: [d100]', 'variants: [d10]'],
      /smoke\.variants\[0\].*"d100", "d200".*got "d10"/,
    ],
    [
      'a defect that nothing can catch',
      ['caught-by: no-data-loss', 'caught-by: no-dataloss'],
      /caught-by: .*did you mean "no-data-loss"\?/,
    ],
    [
      'a parameter of a fault that does not exist',
      ['delay: 100ms', 'delay: 100ms, jiter: 3ms'],
      /faults\[0\]\.jiter: expected no such field/,
    ],
    ['no step at all', ['  - push: { from: node-a, count: 3 }', '  []'], /expected at least one entry/],
    [
      'a fault that nothing proves',
      ['  - delays-as-ordered\n', ''],
      /proof: expected a proof of the fault latency for the variant d100 \([^)]*delays-as-ordered[^)]*\), got \["barrier-skew"\]/,
    ],
    ['broken YAML', ['planted:', 'planted: ['], /^file\.yml:\d+:\d+: expected YAML/],
  ])('says where, expected and got for %s', (_what, [from, to], pattern) => {
    const problems = problemsOf(whole.replace(from!, to!));
    expect(problems.join('\n')).toMatch(pattern);
  });

  test('reports all problems at once', () => {
    const broken = whole
      .replace('delay: 100ms', 'delay: 250')
      .replace('- push:', '- pusch:')
      .replace('barrier-skew', 'barier-skew')
      .replace('caught-by: no-data-loss', 'caught-by: nothing');
    expect(problemsOf(broken)).toHaveLength(4);
  });
});

describe('a variant of a sweep over numbers of nodes', () => {
  const swept = (change: readonly [string, string] = ['', '']) =>
    whole
      .replace(
        'proof:',
        `  sweep:
    crowd:
      topology: swarm-n
      sweep-nodes: { from: 2, to: 4 }
      load: [{ push: { from: "node-1..n", count: 3 } }]
      proof: [{ barrier-skew: { maxMs: 10 } }]
proof:`,
      )
      .replace(...change);

  test('stands for one with each of them, wherever it says how many', () => {
    const crowds = parseScenario('file.yml', swept()).variants.slice(2);
    expect(crowds.map(({ name, topology }) => [name, topology])).toEqual([
      ['crowd-2', 'swarm-2'],
      ['crowd-3', 'swarm-3'],
      ['crowd-4', 'swarm-4'],
    ]);
    expect(crowds[1]!.load[0]!.steps[0]!.parameters).toMatchObject({ from: ['node-1', 'node-2', 'node-3'] });
  });

  test.each<[string, readonly [string, string], RegExp]>([
    [
      'a topology of a fixed size',
      ['swarm-n', 'pair'],
      /sweep\.crowd: expected "sweep-nodes" with the topology "swarm-n"/,
    ],
    ['no numbers', ['      sweep-nodes: { from: 2, to: 4 }\n', ''], /sweep\.crowd: expected "sweep-nodes" with/],
    ['a turn in iterations', ['  sweep:', '  fifth:'], /variants: expected "sweep-nodes" under "sweep" only/],
    ['one node', ['from: 2', 'from: 1'], /sweep-nodes\.from: expected number of at least 2, got 1/],
    [
      'a mistake that all share',
      ['[{ push: { from: "node', '[{ pusch: { from: "node'],
      /^file\.yml:\d+ variants\.sweep\.crowd\.load\[0\][^\n]*got "pusch"$/,
    ],
  ])('is refused with %s, once', (_what, change, pattern) => {
    expect(problemsOf(swept(change)).join('\n')).toMatch(pattern);
  });

  test('is the only one that can say "node-1..n"', () => {
    const alone = whole.replace('from: node-a', 'from: "node-1..n"');
    expect(problemsOf(alone).join('\n')).toMatch(/from: expected .*"node-1\.\.n" only with "sweep-nodes"/);
  });
});

describe('the catalogue', () => {
  test('has 68 scenarios and five for several relays, and every file agrees with its row', () => {
    const { rows, scenarios } = loadCatalogue(folder);
    expect(rows.filter((row) => !row.id.startsWith('MR-'))).toHaveLength(68);
    expect(rows.filter((row) => row.id.startsWith('MR-'))).toHaveLength(5);
    expect(scenarios.filter((scenario) => scenario.smoke !== null).map((scenario) => scenario.id)).toEqual([
      'T-LOSS-02',
      'E-HS-01',
      'S-CONC-01',
    ]);
  });

  test('has a standing defect for each standing check', () => {
    expect(loadStandingDefects(folder).defects.length).toBeGreaterThanOrEqual(7);
  });

  test('has no standing defect that the system lacks', () => {
    const all = loadStandingDefects(folder).defects.map(({ defect }) => defect);
    expect(loadStandingDefects(folder, all).defects).toHaveLength(all.length);
    expect(() => loadStandingDefects(folder, all.with(0, `${all[0]}s`))).toThrow(
      `standing-defects.yml:6 defects[0].defect: expected one of the defects of the system: "${all[0]}s", `,
    );
  });
});
