import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { loadCatalogue } from './catalogue.ts';
import { scaffold, scenarioPath, whyUnsaid } from './scaffold.ts';

const own = join(import.meta.dirname, '../../../scenarios');
const folder = mkdtempSync(join(tmpdir(), 'relay-chaos-scaffold-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the beginning of every scenario of the catalogue is a file that can be read and agrees with its row', () => {
  cpSync(join(own, 'catalogue.yml'), join(folder, 'catalogue.yml'));
  const { rows } = loadCatalogue(folder);
  for (const row of rows) {
    const path = join(folder, scenarioPath(row));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, scaffold(row));
  }
  const { scenarios } = loadCatalogue(folder);
  expect(scenarios.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  expect(scenarios.every(({ why }) => why === whyUnsaid)).toBe(true);
});

test('no scenario was left as it was begun: each says why it exists and has a defect that turns it red', () => {
  const begun = loadCatalogue(own).scenarios.filter(
    ({ why, planted, plantedInTester }) => why === whyUnsaid || planted.length + plantedInTester.length === 0,
  );
  expect(begun.map(({ id }) => id)).toEqual([]);
});
