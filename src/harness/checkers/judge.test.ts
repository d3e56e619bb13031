import { expect, test } from '@jest/globals';
import type { TrialRecord } from '../history/trial-record.ts';
import { judgeRecord } from './judge.ts';
import { validRecord, witness } from './record.test-support.ts';
import { checkers, standingChecks } from './registry.ts';
import { judgeTrial } from './verdict.ts';

const wanted = [
  { name: 'distinct-cursors', parameters: { count: 2 } },
  { name: 'fresh-ephemerals' },
  { name: 'packets-dropped', parameters: { min: 50 } },
];

test('the seven standing checks run for every trial, then those wanted', () => {
  const findings = judgeRecord(validRecord() as TrialRecord, wanted);
  expect(findings.map(({ check, standing }) => [check, standing])).toEqual([
    ['no-data-loss', true],
    ['no-silent-corruption', true],
    ['no-plaintext', true],
    ['converges', true],
    ['no-metadata-leak', true],
    ['health', true],
    ['outstanding-kept', true],
    ['distinct-cursors', false],
    ['fresh-ephemerals', false],
    ['packets-dropped', false],
  ]);
  expect(judgeTrial(findings, validRecord().entries as TrialRecord['entries'])).toMatchObject({ verdict: 'pass' });
});

test('a trial that left nothing is judged valid by no check', () => {
  const empty = validRecord();
  Object.assign(empty, { entries: [] });
  Object.assign(empty.collected, {
    nodes: {},
    relay: {
      alive: true,
      unscheduledExits: [],
      stats: null,
      baseline: null,
      rows: null,
      integrityCheck: null,
      closeWait: null,
    },
    searches: [],
    metadata: { logLines: null, strayLines: [], pages: null, strayPages: [], markFound: false },
    captures: [],
    tapJournal: null,
  });
  const all = Object.values(checkers).filter((checker) => !standingChecks.includes(checker));
  const parameters: Record<string, unknown> = {
    'distinct-cursors': { count: 1 },
    'ends-ok-or-retryable': { withinMs: 1 },
    'success-within-attempts': { attempts: 1 },
    'barrier-skew': { maxMs: 1 },
    'overlapping-pushes': { rounds: 1, of: 1 },
    'bytes-forwarded': { direction: 'up', bytes: 1 },
    'record-absent': { record: 'm3' },
    'one-bit-differs': { record: 'm2', field: 'ekem' },
    'packets-dropped': { min: 1 },
    retransmissions: { share: 0.1 },
    'begun-inside-fault': { pushes: 1 },
  };
  const findings = judgeRecord(
    empty as TrialRecord,
    all.map(({ name }) => ({ name, parameters: parameters[name] })),
  );
  expect(findings.filter(({ because }) => because.includes('crashed'))).toEqual([]);
  // Without any fault a proof is missing, not unknown; everything else cannot tell.
  const expected = findings.map(({ check, role }) => [check, role === 'proof' ? 'invalid' : 'unknown']);
  expect(findings.map(({ check, verdict }) => [check, verdict])).toEqual(expected);
});

test('a checker that crashes says unknown', () => {
  const broken = {
    ...checkers.health!,
    judge: () => {
      throw new TypeError('no such field');
    },
  };
  const findings = judgeRecord(validRecord() as TrialRecord, [], { ...checkers, health: broken });
  expect(findings.find(({ check }) => check === 'health')).toMatchObject({
    verdict: 'unknown',
    because: 'the checker crashed: TypeError: no such field',
  });
});

test('wrong parameters and unknown names say unknown', () => {
  const findings = judgeRecord(validRecord() as TrialRecord, [{ name: 'distinct-cursors' }, { name: 'no-such-check' }]);
  expect(findings.slice(-2)).toMatchObject([
    { check: 'distinct-cursors', verdict: 'unknown' },
    { check: 'no-such-check', verdict: 'unknown', because: 'no checker is called "no-such-check"' },
  ]);
});

test('a witness of the wrong form makes the checks that read it unknown', () => {
  const draft = validRecord();
  draft.entries.push({ index: draft.entries.length, atMs: 22_500, ...witness('vector', { node: 'node-a' }) } as never);
  const findings = judgeRecord(draft as TrialRecord, []);
  expect(findings.find(({ check }) => check === 'converges')?.verdict).toBe('unknown');
  expect(findings.find(({ check }) => check === 'no-data-loss')?.verdict).toBe('valid');
});

test('parameters that were read once are read the same again', () => {
  for (const checker of Object.values(checkers)) {
    const samples = [
      {},
      { count: 1 },
      { direction: 'up', bytes: 'end-of-m1' },
      { record: 'm3' },
      { share: 0.25 },
      { node: 'node-a' },
    ];
    for (const sample of samples) {
      const first = checker.parameters.safeParse(sample);
      if (first.success) expect(checker.parameters.parse(first.data)).toEqual(first.data);
    }
  }
});
