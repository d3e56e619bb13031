import type { TrialRecord } from '../history/trial-record.ts';
import type { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { countOf } from './traffic.ts';
import { recordsAt } from './wire-times.ts';

/**
 * PUSHes that left a node's interface and items, tombstones included, that it had accepted to send; null, with the reason
 * in `clauses`, when not everything it sent could be read.
 */
export function sentPushes(
  record: TrialRecord,
  node: string,
  clauses: Clauses,
): { readonly sent: number; readonly accepted: number } | null {
  const records = recordsAt(record, node, clauses);
  if (records === null) return null;
  const capture = record.collected.captures.find(({ point }) => point === node)!;
  if (capture.openedSessions === 0 || capture.opaqueSessions > 0) {
    clauses.unknown(`pushes of ${node}: not every session was opened`);
    return null;
  }
  const { pushes, deletions } = ledgerOf(record);
  const accepted = [...pushes, ...deletions].filter((one) => one.node === node && one.outcome !== 'failed').length;
  const up = records.filter(({ direction }) => direction === 'up');
  return { sent: countOf(up, 'PUSH'), accepted };
}
