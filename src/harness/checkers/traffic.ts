import type { Direction } from '../../contract/tap.ts';
import type { CapturedRecord } from '../history/collected.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Clauses } from './clauses.ts';

/**
 * Records captured at a point in one direction, in order of time; null, with the reason in `clauses`, when nothing was
 * captured there.
 */
export function recordsSeen(
  record: TrialRecord,
  point: string,
  direction: Direction,
  clauses: Clauses,
): readonly CapturedRecord[] | null {
  const seen = record.collected.captures.find((capture) => capture.point === point)?.records ?? [];
  if (seen.length === 0) {
    clauses.unknown(`no record was captured at ${point}`);
    return null;
  }
  return seen.filter((entry) => entry.direction === direction).toSorted((a, b) => a.firstMs - b.firstMs);
}

/** Bytes of the records that crossed between two moments; of one that crossed in part, its share by time. */
export function bytesBetween(records: readonly CapturedRecord[], fromMs: number, toMs: number): number {
  return records.reduce((sum, { firstMs, lastMs, bytes }) => {
    if (lastMs <= firstMs) return fromMs <= lastMs && lastMs < toMs ? sum + bytes : sum;
    const overlapMs = Math.min(lastMs, toMs) - Math.max(firstMs, fromMs);
    return overlapMs <= 0 ? sum : sum + (bytes * overlapMs) / (lastMs - firstMs);
  }, 0);
}
