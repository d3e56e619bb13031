/**
 * What the tester says to the tap over its attached standard streams: JSON lines, one answer for each request, in
 * order; in between the tap tells unasked when a rule strikes. The container's log is stderr.
 */
import type { TapEntry, TapRecord, TapRule } from '../../contract/tap.ts';

export type TapRequest =
  | { readonly op: 'add-rule'; readonly rule: TapRule }
  /** By the number that adding it answered. */
  | { readonly op: 'remove-rule'; readonly rule: number }
  /** Forgets the journal and counts connections from 0 again. */
  | { readonly op: 'begin' }
  | { readonly op: 'journal' }
  | { readonly op: 'state' };

/** Told at once when a rule struck; never before the answer that named the rule. */
export interface TapStrike {
  /** The record, with the number of the rule. */
  readonly strike: TapRecord;
}

export interface TapAnswer {
  /** What was wrong with the request. */
  readonly error?: string;
  /** Names an added rule. */
  readonly rule?: number;
  readonly journal?: readonly TapEntry[];
  readonly state?: { readonly rules: number; readonly connections: number };
}
