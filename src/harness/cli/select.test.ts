import { describe, expect, test } from '@jest/globals';
import { ScenarioError } from '../../support/errors.ts';
import { loadCatalogue } from '../scenario/catalogue.ts';
import { exitCodeOf } from './exit-codes.ts';
import { scenarioFolder } from './project.ts';
import { select, withVariant } from './select.ts';

const catalogue = loadCatalogue(scenarioFolder);
const idsOf = (...words: string[]) => {
  const { scenarios, notBuilt } = select(catalogue, words);
  return [...scenarios.map(({ id }) => id), ...notBuilt.map(({ id }) => id)].length;
};

describe('the words of the command line', () => {
  test.each([
    [['all'], 73],
    [['t-lat-01'], 1],
    [['T-*'], 16],
    [['T-LOSS-0?'.replace('?', '*')], 4],
    [['encryption'], 16],
    [['multi-relay'], 5],
    [['smoke'], 3],
    [['smoke', 'S-CONC-01', 'S-CONC-02'], 4],
  ])('%j mean %i scenarios', (words, count) => {
    expect(idsOf(...words)).toBe(count);
  });

  test('what is in the catalogue without a file is told apart', () => {
    const { scenarios, notBuilt } = select(catalogue, ['S-CONC-01', 'MR-01']);
    expect(scenarios.map(({ id }) => id)).toEqual(['S-CONC-01']);
    expect(notBuilt.map(({ id }) => id)).toEqual(['MR-01']);
  });

  test('a word that means nothing is an error with the nearest ID, one for each word', () => {
    const selecting = () => select(catalogue, ['S-CNC-01', 'nonsense']);
    expect(selecting).toThrow(ScenarioError);
    expect(selecting).toThrow(/got "S-CNC-01" \(did you mean "S-CONC-01"\?\)[\s\S]*got "nonsense"/);
  });
});

describe('of several scenarios those that have a variant', () => {
  test('run, and a line names the others with the reason', () => {
    const { selection, leftOut } = withVariant(select(catalogue, ['S-CONC-*', 'MR-01']), 'seeded');
    expect(selection.scenarios.map(({ id }) => id)).toEqual(['S-CONC-01']);
    expect(selection.notBuilt).toEqual([]);
    expect(leftOut).toBe('left out  S-CONC-02, S-CONC-03, S-CONC-04 (no variant "seeded"); MR-01 (not built yet)');
  });

  test('are left alone where all have it', () => {
    const selection = select(catalogue, ['S-CONC-01']);
    expect(withVariant(selection, 'seeded')).toEqual({ selection, leftOut: null });
  });
});

test.each([
  [['pass', 'pass'], 0],
  [['pass', 'inert'], 2],
  [['error', 'fail', 'not-run'], 1],
  [['pass', 'not-run'], 2],
  [[], 2],
] as const)('verdicts %j end with %i', (verdicts, code) => {
  expect(exitCodeOf([...verdicts])).toBe(code);
});
