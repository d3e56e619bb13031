import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { referenceTable } from './reference-table.ts';
import { checkers } from './registry.ts';

const readme = join(import.meta.dirname, 'README.md');
const [begins, ends] = ['<!-- checkers: written from registry.ts -->', '<!-- end of checkers -->'];

test('the table of checkers in README.md is current (UPDATE_TABLES=1 writes it)', () => {
  const text = readFileSync(readme, 'utf8');
  const before = text.slice(0, text.indexOf(begins) + begins.length);
  const after = text.slice(text.indexOf(ends));
  const current = `${before}\n\n${referenceTable()}\n\n${after}`;
  if (process.env.UPDATE_TABLES === '1') writeFileSync(readme, current);
  expect(readFileSync(readme, 'utf8')).toBe(current);
});

test('every checker lies in the file of its name and is in the registry', () => {
  const files = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && !file.includes('.test') && file !== 'checker.ts')
    .filter((file) => / judge\(record/.test(readFileSync(join(import.meta.dirname, file), 'utf8')))
    .map((file) => file.replace(/\.ts$/, ''));
  expect(Object.keys(checkers).toSorted()).toEqual(files.toSorted());
});
