import type { z } from 'zod';
import type { TrialRecord } from '../history/trial-record.ts';

export const checkVerdicts = ['valid', 'unknown', 'invalid', 'not-run'] as const;
export type CheckVerdict = (typeof checkVerdicts)[number];

/** What one checker says of one trial. */
export interface Finding {
  readonly verdict: CheckVerdict;
  /** One sentence with the figures it rests on. */
  readonly because: string;
  /** The first few facts that break it. Never plaintext, keys or whole frames. */
  readonly witnesses?: readonly string[];
}

/**
 * What the statement is to the verdict (the order of judging):
 * an *invariant* always binds; a *reaction* only once every fault is proven; a *proof* shows that a fault bit.
 */
export const checkRoles = ['invariant', 'reaction', 'proof'] as const;
export type CheckRole = (typeof checkRoles)[number];

/**
 * One statement that must be true, judged from the record alone. Missing or empty evidence is `unknown`, never `valid`;
 * a clause the system cannot give evidence for is `not-run`.
 */
export interface Checker<Parameters = unknown> {
  /** The statement itself, as it stands in YAML and reports: `no-data-loss`. */
  readonly name: string;
  readonly role: CheckRole;
  /** One sentence for `chaos show` and the reference table. */
  readonly about: string;
  readonly parameters: z.ZodType<Parameters>;
  /** Of a proof: the kinds of fault it shows to have bitten. */
  readonly proves?: readonly string[];
  judge(record: TrialRecord, parameters: Parameters): Finding;
}

/** A finding with the name and role of the checker that made it. */
export interface NamedFinding extends Finding {
  readonly check: string;
  readonly role: CheckRole;
  /** True for the checks that run for every trial. */
  readonly standing: boolean;
}
