import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeAbsence } from './missing.ts';
import { countOf, recordsSeen } from './traffic.ts';

const parameters = z.strictObject({ node: nodeName, min: z.number().int().positive() });

/**
 * The relay refused so many messages for their rate: by its own count since the trial began, and by the errors that came
 * to the node’s interface from the start of the load on.
 */
export const rateLimited: Checker<z.output<typeof parameters>> = {
  name: 'rate-limited',
  role: 'proof',
  about: 'The relay counted so many messages refused for their rate, and as many errors came to the node.',
  parameters,
  judge(record, { node, min }) {
    const clauses = new Clauses();
    judgeCount(clauses, refusedByRate(record, clauses), 'messages refused for their rate by the relay’s count', min);
    judgeCount(clauses, errorsAt(record, node, clauses), `errors at the interface of ${node}`, min);
    return clauses.finding();
  },
};

function judgeCount(clauses: Clauses, count: number | null, what: string, min: number): void {
  if (count === null) return;
  if (count >= min) clauses.holds(`${count} ${what}`);
  else clauses.broken(`${count} ${what}, expected at least ${min}`);
}

function refusedByRate(record: TrialRecord, clauses: Clauses): number | null {
  const { stats, baseline } = record.collected.relay;
  if (stats === null || baseline === null) {
    judgeAbsence(record, clauses, `relay.${stats === null ? 'stats' : 'baseline'}`, 'what the relay refused');
    return null;
  }
  return (stats.rejects.RATE_LIMITED ?? 0) - (baseline.rejects.RATE_LIMITED ?? 0);
}

function errorsAt(record: TrialRecord, node: string, clauses: Clauses): number | null {
  const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs;
  const seen = recordsSeen(record, node, 'down', clauses);
  if (seen === null) return null;
  if (startMs === undefined || seen.every(({ messages }) => messages === null)) {
    clauses.unknown(startMs === undefined ? 'the load never began' : `the capture at ${node} was not opened`);
    return null;
  }
  return countOf(
    seen.filter(({ lastMs }) => lastMs >= startMs),
    'ERROR',
  );
}
