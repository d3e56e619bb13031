import { expect, test } from '@jest/globals';
import { z } from 'zod';
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

test('the nine standing checks run for every trial, then those wanted', () => {
  const findings = judgeRecord(validRecord() as TrialRecord, wanted);
  expect(findings.map(({ check, standing }) => [check, standing])).toEqual([
    ['no-data-loss', true],
    ['no-silent-corruption', true],
    ['no-plaintext', true],
    ['converges', true],
    ['no-metadata-leak', true],
    ['health', true],
    ['outstanding-kept', true],
    ['sync-not-degraded', true],
    ['handshakes-not-degraded', true],
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
  // What a schema does not tell.
  const more: Record<string, object> = { 'vectors-apart': { node: ['node-a', 'node-b'] } };
  const findings = judgeRecord(
    empty as TrialRecord,
    all.map(({ name, parameters }) => ({
      name,
      parameters: { ...(sampleOf(z.toJSONSchema(parameters, { io: 'input' })) as object), ...more[name] },
    })),
  );
  expect(findings.filter(({ because }) => because.includes('crashed'))).toEqual([]);
  // A proof may say that it is missing; everything else cannot tell.
  const wrong = findings.filter(
    ({ role, verdict }) => verdict !== 'unknown' && !(role === 'proof' && verdict === 'invalid'),
  );
  expect(wrong).toEqual([]);
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

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The plainest value that a schema takes: what is required, the least of it, the first of several. */
function sampleOf(schema: JsonSchema): unknown {
  const { anyOf, enum: values, const: only, type, pattern, properties = {}, required = [] } = schema;
  if (only !== undefined) return only;
  if (values !== undefined) return values[0];
  if (anyOf !== undefined) return sampleOf(anyOf[0] as JsonSchema);
  if (type === 'object') {
    return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name] as JsonSchema)]));
  }
  if (type === 'array') return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items as JsonSchema));
  if (type === 'string') return pattern?.startsWith('^node-') ? 'node-a' : '1s';
  // Small enough for a share.
  return type === 'number' && schema.exclusiveMinimum === 0 ? 0.1 : (schema.minimum ?? 1) || 1;
}
