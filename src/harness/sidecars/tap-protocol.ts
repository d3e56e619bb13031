/**
 * What the tester says to the tap over its attached standard streams: JSON lines, one answer for each request, in
 * order. The container's log is stderr.
 */
import type { TapEntry, TapRule } from '../../contract/tap.ts';

export type TapRequest =
  | { readonly op: 'add-rule'; readonly rule: TapRule }
  /** By the number that adding it answered. */
  | { readonly op: 'remove-rule'; readonly rule: number }
  /** Forgets the journal and counts connections from 0 again. */
  | { readonly op: 'begin' }
  | { readonly op: 'journal' }
  | { readonly op: 'state' };

export interface TapAnswer {
  /** What was wrong with the request. */
  readonly error?: string;
  /** Names an added rule. */
  readonly rule?: number;
  readonly journal?: readonly TapEntry[];
  readonly state?: { readonly rules: number; readonly connections: number };
}
