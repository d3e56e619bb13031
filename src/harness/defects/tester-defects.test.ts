import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { mutations } from '../checkers/mutations.ts';
import { type Draft, validRecord } from '../checkers/record.test-support.ts';
import { checkers } from '../checkers/registry.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import { testerDefectNamed, testerDefects } from './registry.ts';
import { judgeDefect, type TesterDefect } from './tester-defect.ts';

const scenarios = join(import.meta.dirname, '../../../scenarios');

function record(change: (draft: Draft) => void = () => {}): TrialRecord {
  const draft = validRecord();
  change(draft);
  return draft as TrialRecord;
}

function defect(name: string): TesterDefect {
  return testerDefects.find((candidate) => candidate.name === name)!;
}

describe('mutations of a good state', () => {
  test.each(mutations.map((mutation) => ({ mutation, name: mutation.name, check: mutation.check })))(
    '$name is not accepted by $check',
    ({ mutation }) => {
      const truth = record();
      const mutated = mutation.mutate(truth);
      expect(mutated).not.toBeNull();
      expect(checkers[mutation.check]!.judge(truth, {})).toMatchObject({ verdict: 'valid' });
      const verdict = mutation.name === 'capture-empty' ? 'unknown' : 'invalid';
      expect(checkers[mutation.check]!.judge(mutated!, {}).verdict).toBe(verdict);
      expect(truth).toEqual(record());
    },
  );

  test('a state that holds nothing to change cannot be mutated', () => {
    const empty = record((d) => {
      for (const node of Object.values(d.collected.nodes)) Object.assign(node, { items: [], vector: null });
      Object.assign(d.collected, { searches: [], captures: [] });
    });
    const applicable = mutations.filter((mutation) => mutation.mutate(empty) !== null);
    expect(applicable.map(({ name }) => name)).toEqual(['stray-log-line']);
  });
});

describe('defects of the tester', () => {
  test('are found by the names that scenarios give them', () => {
    const named = readdirSync(scenarios, { recursive: true, encoding: 'utf8' })
      .filter((name) => /[A-Z]-\d{2}-.*\.yml$/.test(name))
      .map((name) => parse(readFileSync(join(scenarios, name), 'utf8')) as { 'planted-in-tester'?: string[] })
      .flatMap((file) => file['planted-in-tester'] ?? []);
    expect(named).toContain('checker-sees-only-ids');
    for (const name of named) expect(testerDefectNamed(name).name).toBe(name);
    expect(() => testerDefectNamed('nope')).toThrow('expected one of checker-sees-only-ids, search-skips-wal,');
  });

  test.each(testerDefects.map(({ name }) => name))('%s is caught', (name) => {
    expect(judgeDefect(defect(name), record())).toMatchObject({ verdict: 'caught' });
  });

  test.each(testerDefects.map(({ name }) => name))('without the defect nothing is caught: %s', (name) => {
    expect(judgeDefect({ ...defect(name), wrap: (sound) => sound }, record())).toMatchObject({ verdict: 'missed' });
  });

  test('checker-sees-only-ids stays green on a changed digest that the sound check names', () => {
    const { because } = judgeDefect(defect('checker-sees-only-ids'), record());
    expect(because).toContain('digest-changed: sound invalid, blind valid');
    expect(because).toContain('differences between manifests');
  });

  test('search-skips-wal misses the marked row where the sound search finds it', () => {
    expect(judgeDefect(defect('search-skips-wal'), record()).because).toContain('the mark was not found in relay.db');
  });

  test('search-skips-wal is caught by a canary, too, when the marked row has left the write-ahead log', () => {
    const moved = record((d) => {
      for (const search of d.collected.searches) if (search.source === 'relay.db') search.markFound = true;
    });
    const { because } = judgeDefect(defect('search-skips-wal'), moved);
    expect(because).toContain('canary-in-write-ahead-log: sound invalid, blind valid');
  });

  test('empty-capture-taken-for-clean stays green where the sound check cannot tell', () => {
    const { because } = judgeDefect(defect('empty-capture-taken-for-clean'), record());
    expect(because).toContain('capture-empty: sound unknown, blind valid');
  });

  test('a defect is not run on a record that is not good, or that cannot show it', () => {
    const broken = record((d) => d.collected.nodes['node-b']!.items!.pop());
    expect(judgeDefect(defect('checker-sees-only-ids'), broken)).toMatchObject({ verdict: 'not-run' });
    const noWal = record((d) => {
      d.collected.searches = d.collected.searches.filter(({ source }) => source !== 'relay.db-wal');
      for (const search of d.collected.searches) search.markFound = true;
    });
    expect(judgeDefect(defect('search-skips-wal'), noWal)).toEqual({
      verdict: 'not-run',
      because: 'canary-in-write-ahead-log does not apply to this record',
    });
  });
});
