import type { TrialRecord } from '../history/trial-record.ts';
import type { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

/** One time in which every packet of the links was dropped, by the fault's own witness. */
export interface Spell {
  /** From 1, for the reader. */
  readonly number: number;
  readonly links: readonly string[];
  /** Wall clock. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly packetsDropped: number;
  /** When the next one begins; null: it is the last. */
  readonly nextMs: number | null;
}

/** The blackouts of the trial, in order; none, with the reason in `clauses` as `missing` says it, when there was none. */
export function blackoutsOf(record: TrialRecord, clauses: Clauses, missing: 'broken' | 'unknown'): readonly Spell[] {
  const windows = armedWindows(record, 'blackouts');
  if (windows.length === 0) {
    clauses[missing]('no blackout was on');
    return [];
  }
  const all = windows.flatMap(({ fault, links }) =>
    witnessesOf(record, 'blackouts')
      .filter(({ entry }) => entry.fault === fault)
      .flatMap(({ value }) =>
        value.spells.map((spell, index) => ({
          ...spell,
          links,
          number: index + 1,
          nextMs: value.spells[index + 1]?.fromMs ?? null,
        })),
      ),
  );
  if (all.length === 0) clauses.unknown('nobody wrote down when the blackouts were');
  return all;
}
