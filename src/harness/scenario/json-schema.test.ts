import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { scenarioJsonSchema } from './json-schema.ts';

const file = join(import.meta.dirname, '../../../scenarios/scenario.schema.json');

test('scenarios/scenario.schema.json is what the code says (UPDATE_GENERATED=1 npm test writes it)', () => {
  const expected = `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`;
  if (process.env.UPDATE_GENERATED === '1') writeFileSync(file, expected);
  expect(readFileSync(file, 'utf8')).toBe(expected);
});
