import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker, Finding, NamedFinding } from './checker.ts';
import { checkers, standingChecks } from './registry.ts';

/** A check that a scenario asks for. */
export interface WantedCheck {
  readonly name: string;
  /** As in the scenario, or already read: both give the same. */
  readonly parameters?: unknown;
}

/**
 * Judges one trial: the standing checks first, then those wanted, each alone. A checker that crashes, or that nobody
 * knows, has found nothing out and says `unknown`. `known` replaces the registry, to prove the tester itself.
 */
export function judgeRecord(
  record: TrialRecord,
  wanted: readonly WantedCheck[],
  known: Readonly<Record<string, Checker>> = checkers,
): readonly NamedFinding[] {
  const standing = standingChecks.map(({ name }) => ({ name, parameters: {} as unknown, standing: true }));
  const own = wanted.map(({ name, parameters }) => ({ name, parameters, standing: false }));
  return [...standing, ...own].map(({ name, parameters, standing }) => {
    const checker = known[name];
    if (checker === undefined) {
      const because = `no checker is called ${JSON.stringify(name)}`;
      return { check: name, role: 'invariant' as const, standing, verdict: 'unknown' as const, because };
    }
    return { check: name, role: checker.role, standing, ...judgeAlone(record, checker, parameters) };
  });
}

function judgeAlone(record: TrialRecord, checker: Checker, parameters: unknown): Finding {
  try {
    return checker.judge(record, checker.parameters.parse(parameters ?? {}));
  } catch (error) {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { verdict: 'unknown', because: `the checker crashed: ${what.slice(0, 500)}` };
  }
}
