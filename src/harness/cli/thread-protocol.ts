import type { Phase } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { IterationSettings } from '../runner/iteration.ts';
import type { IterationResult } from '../runner/results.ts';

/** What a thread is told when it starts. */
export interface ThreadData {
  /** Evidence of passing trials is made small in what is stored. */
  readonly reduce: boolean;
}

/** One iteration to run. Names only: steps, faults and checks are code, and a thread reads the scenario itself. */
export interface ThreadRequest {
  /** Path of the scenario file, as the user would type it. */
  readonly file: string;
  readonly index: number;
  readonly variants: readonly string[];
  readonly settings: IterationSettings;
  /** Whether anybody wants the records: as JSON to be stored, which is much less work to hand over, or whole. */
  readonly records: 'stored' | 'whole' | 'none';
}

/** In this order: started, phases and notes, finished. */
export type ThreadAnswer =
  | { readonly kind: 'started'; readonly variant: string }
  | { readonly kind: 'phase'; readonly variant: string; readonly phase: Phase }
  | { readonly kind: 'note'; readonly line: string }
  | {
      readonly kind: 'finished';
      readonly iteration: IterationResult;
      /** Of each trial, in their order; null where it came to none or nobody asked. Text: to be stored as it is. */
      readonly records: readonly (TrialRecord | string | null)[];
      readonly stages: number;
      readonly openingMs: number;
    };
