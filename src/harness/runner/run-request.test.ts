import { describe, expect, test } from '@jest/globals';
import type { Scenario } from '../scenario/scenario.ts';
import type { ScenarioPlan } from './plan.ts';
import {
  changedScenarios,
  differences,
  joined,
  planned,
  type RequestedScenario,
  type RunBasis,
  requested,
  shardOf,
} from './run-request.ts';

function scenarioOf(id: string): Scenario {
  const variants = ['first', 'second'].map((name) => ({ name, turn: 'rotate' }));
  return { id, file: `${id}.yml`, category: 'sync', variants } as unknown as Scenario;
}

function planOf(id: string, count: number): ScenarioPlan {
  const scenario = scenarioOf(id);
  const iterations = Array.from({ length: count }, (_, index) => ({
    index,
    variants: [scenario.variants[index % 2]!],
  }));
  return { scenario, iterations, notRun: [], partial: false };
}

const plans = [planOf('S-CONC-01', 25), planOf('T-LOSS-02', 10), planOf('MR-01', 0)];
const places = (all: readonly ScenarioPlan[]) =>
  all.flatMap(({ scenario, iterations }) =>
    iterations.length === 0 ? [scenario.id] : iterations.map(({ index }) => `${scenario.id} #${index}`),
  );

describe('shards', () => {
  test.each([1, 2, 3, 7])('%i of them have every iteration once', (count) => {
    const parts = Array.from({ length: count }, (_, index) => shardOf(plans, { part: index + 1, count }));
    expect(parts.flatMap(places).toSorted()).toEqual(places(plans).toSorted());
    if (count === 2) expect(Math.min(...parts.map((part) => places(part).length))).toBeGreaterThan(10);
  });

  test('an iteration belongs to the same shard whatever else is asked for', () => {
    const shard = { part: 2, count: 3 };
    const alone = shardOf([planOf('T-LOSS-02', 10)], shard);
    expect(places(shardOf(plans, shard))).toEqual(expect.arrayContaining(places(alone)));
    expect(places(alone)).toEqual(['T-LOSS-02 #2', 'T-LOSS-02 #3', 'T-LOSS-02 #4', 'T-LOSS-02 #5', 'T-LOSS-02 #8']);
  });

  test('part of a scenario is partial, joined again it is whole', () => {
    const parts = [1, 2].map((part) => shardOf(plans.slice(0, 2), { part, count: 2 }));
    expect(parts.flat().map(({ partial }) => partial)).toEqual([true, true, true, true]);
    const stored = parts.map((part) => part.map((plan) => requested(plan, 'same')));
    const scenarios = ['S-CONC-01', 'T-LOSS-02'].map(scenarioOf);
    expect(joined(stored.toReversed(), scenarios)).toEqual(plans.slice(0, 2).map((plan) => requested(plan, 'same')));
  });

  test('what two of them ran cannot be joined', () => {
    const stored = [requested(planOf('T-LOSS-02', 2), 'same')];
    expect(() => joined([stored, stored], [scenarioOf('T-LOSS-02')])).toThrow(
      'merge: expected T-LOSS-02 #0 in one run, got it in two',
    );
  });
});

describe('a stored request', () => {
  const stored = (changes: Partial<RequestedScenario> = {}): RequestedScenario => ({
    ...requested(planOf('T-LOSS-02', 2), 'digest'),
    ...changes,
  });

  test('gives back its plan', () => {
    expect(planned([stored()], [scenarioOf('T-LOSS-02')])).toEqual([planOf('T-LOSS-02', 2)]);
  });

  test('names everything that is there no more, once', () => {
    const iterations = [0, 1, 2].map((index) => ({ index, variants: ['third'] }));
    expect(() => planned([stored({ iterations }), stored({ id: 'T-LAT-01' })], [scenarioOf('T-LOSS-02')])).toThrow(
      'T-LOSS-02.yml: expected the variant third that the run has, got none\n' +
        'T-LAT-01: expected the scenario that the run has, got none',
    );
  });

  test('says which scenario changed, and how the tester and the system differ', () => {
    expect(changedScenarios('--resume x', [stored()], new Map([['T-LOSS-02', 'digest']]))).toEqual([]);
    expect(changedScenarios('--resume x', [stored()], new Map([['T-LOSS-02', 'f'.repeat(64)]]))).toEqual([
      '--resume x: expected T-LOSS-02 as it was (digest), got ffffffffffff',
    ]);
    const basis: RunBasis = {
      version: '0.1.0',
      sources: 'a'.repeat(64),
      system: { name: 'reference', version: '1', digest: 'b'.repeat(64) },
    };
    expect(differences('--resume x', basis, basis)).toEqual([]);
    const other = { ...basis, version: '0.2.0', system: { ...basis.system, digest: 'c'.repeat(64) } };
    expect(differences('--resume x', basis, other)).toEqual([
      '--resume x: expected the version 0.1.0 that it began with, got 0.2.0',
      '--resume x: expected the build of the system bbbbbbbbbbbb that it began with, got cccccccccccc',
    ]);
  });
});
