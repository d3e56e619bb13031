import type { Capability } from '../../contract/capabilities.ts';
import type { Baseline } from './baseline.ts';
import type { Collected } from './collected.ts';
import type { HistoryEntry } from './history.ts';

/**
 * Everything a checker may read about one trial: one variant run once, with its own group, seed set and judgement.
 * Plain data, stored as it is in a run's folder.
 */
export interface TrialRecord {
  readonly scenario: string;
  readonly variant: string;
  readonly iteration: number;
  readonly seed: string;
  readonly arena: 'docker' | 'simulator';
  readonly nodes: readonly string[];
  /** What the system can; a clause that needs more is not run. */
  readonly can: readonly Capability[];
  /** What the degradation thresholds rest on; null: the run had none. */
  readonly baseline: Baseline | null;
  readonly entries: readonly HistoryEntry[];
  readonly collected: Collected;
}

const texts = new WeakMap<readonly HistoryEntry[], { readonly length: number; readonly text: string }>();

/** The entries as JSON, made once: the digest of a trial and what is stored of it both hold them. The list only grows. */
export function entriesText({ entries }: TrialRecord): string {
  let known = texts.get(entries);
  if (known?.length !== entries.length) {
    known = { length: entries.length, text: JSON.stringify(entries) };
    texts.set(entries, known);
  }
  return known.text;
}
