import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';

/** The highest cursor that the relay had acknowledged to any node by then; 0 where it had none. */
export function lastAcknowledged(record: TrialRecord, beforeMs: number): number {
  const cursors = entriesOf(record.entries, 'event').flatMap(({ atMs, event }) =>
    event.event === 'acked' && atMs <= beforeMs ? [event.cursor ?? 0] : [],
  );
  return Math.max(0, ...cursors);
}
