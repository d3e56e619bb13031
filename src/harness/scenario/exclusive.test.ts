import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadCatalogue } from './catalogue.ts';
import type { BoundCheck, Scenario } from './scenario.ts';

/** A bound as tight as this is kept only by a machine that does nothing else. */
const tightMs = 50;

/** Figures that are as small without being the bound, each with what makes it wider. */
const wider: Readonly<Record<string, string>> = {
  'T-CONN-02 latency-within.plusMs': 'added to twice what the same trial took before the fault',
  'T-CONN-05 latency-within.plusMs': 'added to twice what the same trial took before the fault',
  'S-CONC-02 latency-within.plusMs': 'added to twice what the same trial took before the fault',
  'T-BW-03 latency-within.plusMs': 'added to twice what the same trial took before the fault',
  'S-SM-04 one-way-delay.upMs': 'the median of all records is judged, and a late one does not move it',
  'S-SM-04 one-way-delay.downMs': 'the median of all records is judged, and a late one does not move it',
};

const { scenarios } = loadCatalogue(join(import.meta.dirname, '../../../scenarios'));

/** The parameters of a check that bound a time, by their names, in whatever they are nested. */
function timesIn(name: string, parameters: unknown): [string, number][] {
  if (typeof parameters !== 'object' || parameters === null) return [];
  return Object.entries(parameters).flatMap(([key, value]): [string, number][] => {
    if (typeof value !== 'number') return timesIn(`${name}.${key}`, value);
    // It judges a delay by a fifth of it.
    const boundMs = name === 'one-way-delay' ? value / 5 : value;
    // Of a least time a machine that is late keeps more.
    const isBound = key.endsWith('Ms') && !key.startsWith('min') && value > 0;
    return isBound ? [[`${name}.${key}`, boundMs]] : [];
  });
}

function tightBounds({ id, variants }: Pick<Scenario, 'id' | 'variants'>): string[] {
  const checks = variants.flatMap(({ invariants, reactions, proofs }): BoundCheck[] => [
    ...invariants,
    ...reactions,
    ...proofs,
  ]);
  const all = checks.flatMap(({ name, parameters }) => timesIn(name, parameters));
  return [...new Set(all.filter(([, boundMs]) => boundMs <= tightMs).map(([name]) => `${id} ${name}`))];
}

test('a scenario with a bound of 50 ms or tighter runs with nothing at its side', () => {
  const beside = scenarios.filter(({ exclusive }) => !exclusive).flatMap(tightBounds);
  expect(beside.filter((bound) => !(bound in wider))).toEqual([]);
  // An explanation that nothing needs any more would excuse the next one.
  expect(Object.keys(wider).filter((bound) => !beside.includes(bound))).toEqual([]);
});

test('such bounds are found', () => {
  const found = scenarios.filter(({ exclusive }) => exclusive).flatMap(tightBounds);
  expect(found).toEqual(
    expect.arrayContaining([
      'S-CONC-01 barrier-skew.maxMs',
      'T-LAT-01 round-trips.backWithinMs',
      'T-LAT-03 one-way-delay.upMs',
    ]),
  );
});
