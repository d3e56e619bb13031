import { expect, test } from '@jest/globals';
import type { TrialRecord } from '../history/trial-record.ts';
import { Clauses } from './clauses.ts';
import { missingPart } from './missing.ts';
import { validRecord } from './record.test-support.ts';

type Step = (clauses: Clauses) => void;
const holds: Step = (clauses) => clauses.holds('3 held');
const broken: Step = (clauses) => clauses.broken('one broke', ['x is wrong']);
const unknown: Step = (clauses) => clauses.unknown('no log');
const notRun: Step = (clauses) => clauses.notRun('pages');

test.each<{ steps: Step[]; verdict: string; because: string }>([
  {
    steps: [holds, broken, unknown, notRun],
    verdict: 'invalid',
    because: 'one broke; beside it cannot tell: no log; not run: pages',
  },
  { steps: [holds, unknown, notRun], verdict: 'unknown', because: 'no log; not run: pages' },
  { steps: [holds, notRun], verdict: 'valid', because: '3 held; not run: pages' },
  { steps: [holds, holds], verdict: 'valid', because: '3 held' },
  { steps: [notRun], verdict: 'not-run', because: 'not run: pages' },
  { steps: [], verdict: 'unknown', because: 'there was nothing to judge' },
])('clauses make $verdict: $because', ({ steps, verdict, because }) => {
  const clauses = new Clauses();
  for (const step of steps) step(clauses);
  expect(clauses.finding()).toMatchObject({ verdict, because });
});

test('no more than ten witnesses are shown, and the count tells of the rest', () => {
  const clauses = new Clauses();
  clauses.none(
    Array.from({ length: 25 }, (_, index) => `item ${index}`),
    'items lost',
    'none lost',
  );
  const finding = clauses.finding();
  expect(finding.because).toBe('items lost (25)');
  expect(finding.witnesses).toHaveLength(10);
});

test('a missing part takes everything below it with it, and nothing beside it', () => {
  const draft = validRecord();
  draft.collected.missing.push({ part: 'nodes.node-b', because: 'gone', byDesign: false });
  const record = draft as TrialRecord;
  expect(missingPart(record, 'nodes.node-b.items')?.because).toBe('gone');
  expect(missingPart(record, 'nodes.node-b')?.because).toBe('gone');
  expect(missingPart(record, 'nodes.node-bb.items')).toBeNull();
  expect(missingPart(record, 'nodes')).toBeNull();
});
