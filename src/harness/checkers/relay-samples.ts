import { entriesOf } from '../history/history.ts';
import type { RelaySample } from '../history/relay-sample.ts';
import type { TrialRecord } from '../history/trial-record.ts';

export interface SampleAt {
  /** Wall clock. */
  readonly atMs: number;
  readonly value: RelaySample;
}

/** What the relay said of itself while the trial was observed, in order. */
export function relaySamples(record: TrialRecord): readonly SampleAt[] {
  return entriesOf(record.entries, 'witness')
    .filter(({ name }) => name === 'relay')
    .map(({ atMs, value }) => ({ atMs, value: value as RelaySample }));
}
