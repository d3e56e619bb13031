import { expect, test } from '@jest/globals';
import { loadCatalogue } from '../scenario/catalogue.ts';
import { listed } from './commands/list.ts';
import { scenarioFolder } from './project.ts';

const { rows, scenarios } = loadCatalogue(scenarioFolder);
const linesOf = (id: string) =>
  listed(
    rows.find((row) => row.id === id)!,
    scenarios.find((scenario) => scenario.id === id),
  );

test('variants that only a sweep runs are marked, and those that differ in their number of nodes are one', () => {
  const [first, sweep, ...others] = linesOf('S-CONC-03');
  expect(first).toMatch(/ five +25 {2}burst-100, five-active, burst-100-limited$/);
  expect(sweep).toMatch(/^ +sweep: active-2 … active-20$/);
  expect(others).toEqual([]);
  expect(sweep!.indexOf('sweep')).toBe(first!.indexOf('burst-100,'));
});

test('a scenario without such a variant has one line, with its tags at the end', () => {
  expect(linesOf('S-CONC-01')).toEqual([expect.stringMatching(/ 25 {2}first-blob, seeded {2}\[smoke\]$/)]);
  expect(linesOf('E-HS-04')).toEqual([expect.stringMatching(/ 50 {2}not built {2}\[slow\]$/)]);
});

test('a variant is in one place only', () => {
  for (const { id, variants } of scenarios) {
    const text = linesOf(id).join(', ').replace('sweep: ', '');
    for (const { name } of variants.filter(({ key }) => key !== 'active')) {
      expect([id, name, text.split(/, | {2,}/).filter((word) => word === name).length]).toEqual([id, name, 1]);
    }
  }
});
