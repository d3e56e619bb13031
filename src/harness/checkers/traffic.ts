import type { Direction } from '../../contract/tap.ts';
import type { CapturedRecord } from '../history/collected.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Clauses } from './clauses.ts';
import { recordsAt } from './wire-times.ts';

/**
 * Records of a node's link as they came to their receiver, where a fault of the link shows, in order of time; null,
 * with the reason in `clauses`, when nothing was captured. The sender's side shows what its kernel took.
 */
export function recordsReceived(
  record: TrialRecord,
  link: string,
  direction: Direction,
  clauses: Clauses,
): readonly CapturedRecord[] | null {
  const atNode = recordsAt(record, link, clauses);
  const received = direction === 'down' ? atNode : recordsAt(record, 'relay', clauses);
  if (atNode === null || received === null) return null;
  const sessions = new Set(atNode.map(({ session }) => session));
  return received
    .filter((entry) => entry.direction === direction && sessions.has(entry.session))
    .toSorted((a, b) => a.firstMs - b.firstMs);
}

/** Records captured at a point in one direction, in order; null, with the reason in `clauses`, when there is nothing. */
export function recordsSeen(
  record: TrialRecord,
  point: string,
  direction: Direction,
  clauses: Clauses,
): readonly CapturedRecord[] | null {
  return recordsAt(record, point, clauses)?.filter((entry) => entry.direction === direction) ?? null;
}

/** How many messages of one type end in the records. */
export function countOf(records: readonly CapturedRecord[], type: string): number {
  return records.flatMap(({ messages }) => messages ?? []).filter((message) => message === type).length;
}

/** Bytes of the records that crossed between two moments; of one that crossed in part, its share by time. */
export function bytesBetween(records: readonly CapturedRecord[], fromMs: number, toMs: number): number {
  return records.reduce((sum, { firstMs, lastMs, bytes }) => {
    if (lastMs <= firstMs) return fromMs <= lastMs && lastMs < toMs ? sum + bytes : sum;
    const overlapMs = Math.min(lastMs, toMs) - Math.max(firstMs, fromMs);
    return overlapMs <= 0 ? sum : sum + (bytes * overlapMs) / (lastMs - firstMs);
  }, 0);
}
