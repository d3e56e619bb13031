import { entriesOf, type HistoryEntry } from '../history/history.ts';
import type { NamedFinding } from './checker.ts';
import { lowerBound } from './confidence.ts';

export const trialVerdicts = ['pass', 'inert', 'error', 'fail'] as const;
/** `pass`, or why not: a fault left no proof, the tester or the world failed, the system failed. */
export type TrialVerdict = (typeof trialVerdicts)[number];

export interface Judgement {
  readonly verdict: TrialVerdict;
  readonly because: string;
  /** The checks that decided it; none for a pass. */
  readonly deciding: readonly string[];
  /** The findings as they count: those whose evidence the world spoiled have become unknown. */
  readonly findings: readonly NamedFinding[];
}

/**
 * The order of judging: an invariant broken on complete evidence is a `fail`, whatever else went wrong; else a failure
 * of tester or world, or a check that could not tell, is an `error`; else a missing proof, or a wait of the scenario
 * that ran out, is `inert`; else a missing reaction is a `fail`; else `pass`.
 *
 * Reactions are judged only once every fault is proven: until then even one that cannot tell is no error, because
 * without the fault there was nothing for it to see. A fault for which nobody asked a proof is not proven.
 */
export function judgeTrial(findings: readonly NamedFinding[], entries: readonly HistoryEntry[]): Judgement {
  const worlds = entriesOf(entries, 'world');
  const counted = findings.map((finding) => spoiled(finding, worlds));
  const decide = (verdict: TrialVerdict, because: string, deciding: readonly NamedFinding[] = []): Judgement => ({
    verdict,
    because: [because, ...deciding.map(({ check, because: why }) => `${check}: ${why}`)].join('; '),
    deciding: deciding.map(({ check }) => check),
    findings: counted,
  });
  const saying = (verdict: NamedFinding['verdict'], ...roles: readonly NamedFinding['role'][]) =>
    counted.filter((finding) => finding.verdict === verdict && roles.includes(finding.role));

  const broken = saying('invalid', 'invariant');
  if (broken.length > 0) return decide('fail', 'an invariant is broken', broken);

  const untold = saying('unknown', 'invariant', 'proof');
  if (worlds.length > 0) return decide('error', worlds.map(({ what }) => what).join('; '), untold);
  if (untold.length > 0) return decide('error', 'a check could not tell', untold);
  if (!counted.some(({ verdict, role }) => verdict === 'valid' && role === 'invariant')) {
    return decide('error', 'no invariant was judged');
  }

  const unproven = saying('invalid', 'proof');
  if (unproven.length > 0) return decide('inert', 'a fault left no proof', unproven);
  const missed = entriesOf(entries, 'gave-up').filter(({ ofFault }) => ofFault === true);
  if (missed.length > 0) {
    const waits = missed.map(({ waitedFor, lastSeen }) => `${waitedFor} (${lastSeen})`).join('; ');
    return decide('inert', `what the scenario waits for did not come: ${waits}`);
  }
  const hasProof = saying('valid', 'proof').length > 0;
  if (!hasProof && entriesOf(entries, 'injected').length > 0) return decide('inert', 'no fault was proven');

  const untoldReactions = saying('unknown', 'reaction');
  if (untoldReactions.length > 0) return decide('error', 'a check could not tell', untoldReactions);
  const missing = saying('invalid', 'reaction');
  if (missing.length > 0) return decide('fail', 'a reaction did not come', missing);
  return decide('pass', `${saying('valid', 'invariant', 'proof', 'reaction').length} checks hold`);
}

/** A failure of tester or world leaves nothing to be said by exactly the checks whose evidence it touched. */
function spoiled(
  finding: NamedFinding,
  worlds: readonly { readonly what: string; readonly touches: readonly string[] }[],
): NamedFinding {
  const touching = worlds.find(({ touches }) => touches.includes('*') || touches.includes(finding.check));
  if (touching === undefined || finding.verdict === 'not-run') return finding;
  return { ...finding, verdict: 'unknown', because: `evidence spoiled: ${touching.what} (said ${finding.verdict})` };
}

const precedence: Readonly<Record<TrialVerdict, number>> = { fail: 3, error: 2, inert: 1, pass: 0 };

/** The worst of several: fail before error before inert; of nothing it is an error. */
export function worstOf(verdicts: readonly TrialVerdict[]): TrialVerdict {
  if (verdicts.length === 0) return 'error';
  return verdicts.reduce((worst, verdict) => (precedence[verdict] > precedence[worst] ? verdict : worst));
}

export interface JudgedTrial {
  readonly variant: string;
  readonly verdict: TrialVerdict | 'not-run';
  readonly because: string;
}

/** An iteration is as good as its worst trial; variants that were not run do not count unless there was no other. */
export function judgeIteration(trials: readonly JudgedTrial[]): Pick<JudgedTrial, 'verdict' | 'because'> {
  const ran = trials.filter((trial) => trial.verdict !== 'not-run');
  if (ran.length === 0 && trials.length > 0) return { verdict: 'not-run', because: reasonsOf(trials) };
  const verdict = worstOf(ran.map((trial) => trial.verdict as TrialVerdict));
  if (verdict === 'pass') return { verdict, because: `${ran.length} of ${ran.length} trials passed` };
  const deciding = ran.filter((trial) => trial.verdict === verdict);
  return { verdict, because: deciding.length === 0 ? 'no trial was run' : reasonsOf(deciding) };
}

function reasonsOf(trials: readonly JudgedTrial[]): string {
  return trials.map(({ variant, because }) => `${variant}: ${because}`).join('; ');
}

export interface ScenarioJudgement {
  readonly verdict: TrialVerdict;
  /** `passed` of `total` iterations. */
  readonly passed: number;
  readonly total: number;
  /** One-sided 95 % lower bound of the share of iterations that pass. */
  readonly lowerBound: number;
}

/** A scenario passes only if every iteration passes; what was not judged is no part of `total`. */
export function judgeScenario(iterations: readonly (TrialVerdict | 'not-run')[]): ScenarioJudgement {
  const ran = iterations.filter((verdict) => verdict !== 'not-run');
  const passed = ran.filter((verdict) => verdict === 'pass').length;
  return { verdict: worstOf(ran), passed, total: ran.length, lowerBound: lowerBound(passed, ran.length) };
}
