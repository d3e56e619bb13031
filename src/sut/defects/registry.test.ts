import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ScenarioError } from '../../support/errors.ts';
import { nodeChanges, relayChanges } from './changes.ts';
import { defects, hooks } from './registry.ts';
import { RelayHooks } from './relay-hooks.ts';

const scenarios = join(import.meta.dirname, '../../../scenarios');

test('every defect that a scenario names exists, and every defect is named by one', () => {
  const named = new Set(yamlFiles().flatMap(plantedIn));
  expect(named.size).toBeGreaterThan(0);
  expect(Object.keys(defects).toSorted()).toEqual([...named].toSorted());
});

test.each([...Object.entries(defects), ...Object.entries(hooks)])('%s has a file and a sentence', (name, entry) => {
  expect(entry.name).toBe(name);
  expect(entry.about).toMatch(/^[A-Z].*\.$/);
  expect(entry.relay ?? entry.node).toBeDefined();
  expect(existsSync(join(import.meta.dirname, `${name}.ts`))).toBe(true);
});

describe('names', () => {
  test('no name changes nothing', () => {
    expect(relayChanges([], new RelayHooks([]))).toEqual([]);
    expect(nodeChanges([], [])).toEqual([]);
  });

  test('a name given twice counts once, and a defect of the other program not at all', () => {
    expect(relayChanges(['first-cursor-zero', 'first-cursor-zero'], new RelayHooks([]))).toHaveLength(1);
    expect(relayChanges(['ephemeral-reused'], new RelayHooks([]))).toEqual([]);
    expect(nodeChanges(['ephemeral-reused', 'first-cursor-zero'], ['export-keys', 'damage-items'])).toHaveLength(2);
  });

  test('an unknown name is refused with those there are', () => {
    expect(() => nodeChanges(['constructor'], [])).toThrow(ScenarioError);
    expect(() => nodeChanges(['constructor'], [])).toThrow(
      /^--defect: expected one of [a-z-]+, .*, got "constructor"$/,
    );
    expect(() => nodeChanges([], ['nope'])).toThrow(
      '--hooks: expected one of damage-items, export-keys, retention, got "nope"',
    );
    expect(() => new RelayHooks(['nope'])).toThrow(
      '--hooks: expected one of damage-items, export-keys, retention, got "nope"',
    );
  });
});

function yamlFiles(): string[] {
  return readdirSync(scenarios, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yml'))
    .map((name) => readFileSync(join(scenarios, name), 'utf8'));
}

/** Of a scenario `planted`, of the standing defects `defects`; the catalogue is a list and has neither. */
function plantedIn(text: string): string[] {
  const file = parse(text) as { planted?: { defect: string }[]; defects?: { defect: string }[] };
  return [...(file.planted ?? []), ...(file.defects ?? [])].map(({ defect }) => defect);
}

test('a defect takes only types from relay and node, because each test image holds the code of one of them', () => {
  const sources = readdirSync(import.meta.dirname).filter(
    (name) => /^[a-z-]+\.ts$/.test(name) && !name.endsWith('-main.ts'),
  );
  const values = sources.filter((name) =>
    /^import (?!type)[^;]*from '\.\.\/(relay|node)\//m.test(readFileSync(`${import.meta.dirname}/${name}`, 'utf8')),
  );
  expect(values).toEqual([]);
});
