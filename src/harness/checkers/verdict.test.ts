import { describe, expect, test } from '@jest/globals';
import type { HistoryEntry } from '../history/history.ts';
import type { CheckRole, CheckVerdict, NamedFinding } from './checker.ts';
import { judgeIteration, judgeScenario, judgeTrial, type TrialVerdict, trialVerdicts, worstOf } from './verdict.ts';

function finding(role: CheckRole, verdict: CheckVerdict, check = `${role}-${verdict}`): NamedFinding {
  return { check, role, standing: false, verdict, because: `because of ${check}` };
}

const world = (...touches: string[]): HistoryEntry => ({
  index: 0,
  atMs: 0,
  kind: 'world',
  what: 'engine down',
  touches,
});
const injected: HistoryEntry = {
  index: 0,
  atMs: 0,
  kind: 'injected',
  fault: 0,
  name: 'loss',
  parameters: {},
  disarmed: false,
};

const gaveUp = (ofFault?: true): HistoryEntry => ({
  index: 0,
  atMs: 0,
  kind: 'gave-up',
  waitedFor: 'fault 7 to be healed',
  lastSeen: false,
  ...(ofFault === undefined ? {} : { ofFault }),
});

const good = [finding('invariant', 'valid'), finding('proof', 'valid'), finding('reaction', 'valid')];
const [invariant, proof, reaction] = good as [NamedFinding, NamedFinding, NamedFinding];
const bad = (role: CheckRole) => finding(role, 'invalid');
const untold = (role: CheckRole) => finding(role, 'unknown');

describe('the order of judging', () => {
  const rows: readonly {
    verdict: TrialVerdict;
    when: string;
    findings: readonly NamedFinding[];
    entries?: readonly HistoryEntry[];
    deciding?: readonly string[];
  }[] = [
    { verdict: 'pass', when: 'all hold and every fault is proven', findings: good, deciding: [] },
    {
      verdict: 'pass',
      when: 'a clause could not be run by design',
      findings: [...good, finding('invariant', 'not-run')],
    },
    { verdict: 'pass', when: 'there was no fault and no proof', findings: [invariant] },
    {
      verdict: 'fail',
      when: 'an invariant is broken',
      findings: [...good, bad('invariant')],
      deciding: ['invariant-invalid'],
    },
    {
      verdict: 'fail',
      when: 'an invariant is broken, and the world failed elsewhere',
      findings: [...good, bad('invariant')],
      entries: [world('converges')],
    },
    {
      verdict: 'fail',
      when: 'an invariant is broken, and another could not tell',
      findings: [...good, bad('invariant'), untold('invariant')],
    },
    {
      verdict: 'fail',
      when: 'an invariant is broken, and a proof is missing',
      findings: [invariant, bad('invariant'), bad('proof')],
    },
    {
      verdict: 'error',
      when: 'the broken invariant’s evidence is spoiled',
      findings: [...good, bad('invariant')],
      entries: [world('invariant-invalid')],
      deciding: ['invariant-invalid'],
    },
    { verdict: 'error', when: 'all evidence is spoiled', findings: [...good, bad('invariant')], entries: [world('*')] },
    { verdict: 'error', when: 'the world failed and touched no check', findings: good, entries: [world()] },
    {
      verdict: 'error',
      when: 'an invariant could not tell',
      findings: [...good, untold('invariant')],
      deciding: ['invariant-unknown'],
    },
    {
      verdict: 'error',
      when: 'an invariant could not tell, and a proof is missing',
      findings: [invariant, untold('invariant'), bad('proof')],
    },
    {
      verdict: 'error',
      when: 'an invariant could not tell, and a reaction is missing',
      findings: [...good, untold('invariant'), bad('reaction')],
    },
    { verdict: 'error', when: 'a proof could not tell', findings: [invariant, untold('proof'), reaction] },
    {
      verdict: 'error',
      when: 'the world failed, and a proof is missing',
      findings: [invariant, bad('proof')],
      entries: [world('converges')],
    },
    {
      verdict: 'inert',
      when: 'a proof is missing',
      findings: [invariant, bad('proof'), reaction],
      deciding: ['proof-invalid'],
    },
    { verdict: 'inert', when: 'one of two proofs is missing', findings: [...good, bad('proof')] },
    {
      verdict: 'inert',
      when: 'a proof and a reaction are missing',
      findings: [invariant, bad('proof'), bad('reaction')],
    },
    {
      verdict: 'inert',
      when: 'a proof is missing, so a reaction cannot tell',
      findings: [invariant, bad('proof'), untold('reaction')],
    },
    {
      verdict: 'inert',
      when: 'a fault was injected and nobody asked for its proof',
      findings: [invariant, reaction],
      entries: [injected],
    },
    { verdict: 'inert', when: 'an effect of a fault was waited for in vain', findings: good, entries: [gaveUp(true)] },
    {
      verdict: 'inert',
      when: 'an effect of a fault was waited for in vain, and a reaction is missing',
      findings: [...good, bad('reaction')],
      entries: [gaveUp(true)],
    },
    {
      verdict: 'pass',
      when: 'the system was waited for longer than the load goes on',
      findings: good,
      entries: [gaveUp()],
    },
    {
      verdict: 'error',
      when: 'the fault is proven, and a reaction cannot tell',
      findings: [...good, untold('reaction')],
    },
    {
      verdict: 'error',
      when: 'the fault is proven, one reaction cannot tell and one is missing',
      findings: [...good, untold('reaction'), bad('reaction')],
    },
    {
      verdict: 'fail',
      when: 'the fault is proven and a reaction is missing',
      findings: [...good, bad('reaction')],
      deciding: ['reaction-invalid'],
    },
    { verdict: 'error', when: 'nothing was judged', findings: [] },
    { verdict: 'error', when: 'no invariant was judged', findings: [proof, reaction] },
    { verdict: 'error', when: 'no invariant could be run', findings: [finding('invariant', 'not-run'), proof] },
  ];

  test.each(rows)('$verdict when $when', ({ verdict, findings, entries, deciding }) => {
    const judgement = judgeTrial(findings, entries ?? []);
    expect(judgement.verdict).toBe(verdict);
    if (deciding !== undefined) expect(judgement.deciding).toEqual(deciding);
    expect(judgement.because).not.toBe('');
  });

  test('a failure of the world makes unknown exactly the checks it touched, and says what they had said', () => {
    const { findings, because } = judgeTrial(good, [world('reaction-valid')]);
    expect(findings.map(({ check, verdict }) => [check, verdict])).toEqual([
      ['invariant-valid', 'valid'],
      ['proof-valid', 'valid'],
      ['reaction-valid', 'unknown'],
    ]);
    expect(findings[2]?.because).toBe('evidence spoiled: engine down (said valid)');
    expect(because).toContain('engine down');
  });

  test('the reason names the deciding checks and theirs', () => {
    expect(judgeTrial([...good, bad('invariant')], []).because).toBe(
      'an invariant is broken; invariant-invalid: because of invariant-invalid',
    );
  });
});

describe('the worst of several', () => {
  test.each([
    { of: ['pass', 'pass'], worst: 'pass' },
    { of: ['pass', 'inert'], worst: 'inert' },
    { of: ['inert', 'error'], worst: 'error' },
    { of: ['error', 'fail'], worst: 'fail' },
    { of: ['fail', 'error', 'inert', 'pass'], worst: 'fail' },
    { of: [], worst: 'error' },
  ] as const)('of $of is $worst, in either order', ({ of, worst }) => {
    expect(worstOf(of)).toBe(worst);
    expect(worstOf(of.toReversed())).toBe(worst);
  });

  test('every verdict is its own worst', () => {
    for (const verdict of trialVerdicts) expect(worstOf([verdict])).toBe(verdict);
  });

  test('an iteration names the variants that decided it, and leaves out those not run', () => {
    const trial = (variant: string, verdict: TrialVerdict | 'not-run') => ({ variant, verdict, because: 'so' });
    expect(judgeIteration([trial('a', 'pass'), trial('b', 'fail'), trial('c', 'not-run')])).toEqual({
      verdict: 'fail',
      because: 'b: so',
    });
    expect(judgeIteration([trial('a', 'pass'), trial('c', 'not-run')])).toEqual({
      verdict: 'pass',
      because: '1 of 1 trials passed',
    });
    expect(judgeIteration([trial('c', 'not-run')])).toEqual({ verdict: 'not-run', because: 'c: so' });
    expect(judgeIteration([])).toEqual({ verdict: 'error', because: 'no trial was run' });
  });

  test('a scenario passes only if every iteration passes, and says how sure that is', () => {
    expect(judgeScenario(['pass', 'pass', 'inert'])).toMatchObject({ verdict: 'inert', passed: 2, total: 3 });
    expect(judgeScenario(['pass', 'error', 'not-run'])).toMatchObject({ verdict: 'error', passed: 1, total: 2 });
    const all = judgeScenario(Array.from({ length: 50 }, () => 'pass' as const));
    expect(all).toMatchObject({ verdict: 'pass', passed: 50, total: 50 });
    expect(all.lowerBound).toBeCloseTo(0.9418, 4);
  });
});
