import type { TrialRecord } from '../history/trial-record.ts';
import type { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';
import { type WitnessValue, witnessesOf } from './witnesses.ts';

type LossCounts = Omit<WitnessValue<'loss'>, 'minutes'>;

/**
 * What the kernel counted while packets were being dropped on purpose, all such faults together; null, with the
 * reason in `clauses`, when no fault was on or nobody read the counters.
 */
export function countedLoss(record: TrialRecord, clauses: Clauses): LossCounts | null {
  const armed = new Set(armedWindows(record).map(({ fault }) => fault));
  if (armed.size === 0) {
    clauses.broken('no fault was on');
    return null;
  }
  const seen = (['loss', 'blackouts'] as const)
    .flatMap((name) => witnessesOf(record, name))
    .filter(({ entry }) => entry.fault !== undefined && armed.has(entry.fault));
  if (seen.length === 0) {
    clauses.unknown('nobody read the kernel’s counters of dropped packets');
    return null;
  }
  const sum = (field: keyof LossCounts) => seen.reduce((total, { value }) => total + value[field], 0);
  return {
    packetsSeen: sum('packetsSeen'),
    packetsDropped: sum('packetsDropped'),
    droppedUp: sum('droppedUp'),
    droppedDown: sum('droppedDown'),
    runs: sum('runs'),
    segmentsRetransmitted: sum('segmentsRetransmitted'),
  };
}
