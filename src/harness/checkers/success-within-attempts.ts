import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { disturbances, isFailureOf, stateIn } from './failures.ts';

const parameters = z.strictObject({ node: nodeName.optional(), attempts: z.number().int().positive() });

/**
 * After its first failure the disturbed node connects within the next `attempts` attempts, and something it pushed is
 * acknowledged after that: the retry works, it does not merely connect.
 */
export const successWithinAttempts: Checker<z.output<typeof parameters>> = {
  name: 'success-within-attempts',
  role: 'reaction',
  about: 'After the disturbance the node connects within so many attempts, and a push works again.',
  parameters,
  judge(record, { node, attempts }) {
    const clauses = new Clauses();
    const disturbed = disturbances(record, node);
    if (disturbed.length === 0) clauses.unknown('no fault was on any link');
    for (const { node: victim, failure } of disturbed) {
      if (failure === null) clauses.broken(`${victim} reported no failed handshake to recover from`);
      else judgeRetry(record, victim, failure.index, attempts, clauses);
    }
    return clauses.finding();
  },
};

function judgeRetry(
  record: TrialRecord,
  node: string,
  failedIndex: number,
  attemptsMax: number,
  clauses: Clauses,
): void {
  const after = record.entries.filter((entry) => entry.index > failedIndex);
  const connected = after.find((entry) => stateIn(entry, node) === 'connected');
  const before = after.filter((entry) => connected === undefined || entry.index < connected.index);
  // Attempts that never got as far as a handshake are counted by their state.
  const attempts = Math.max(
    before.filter((entry) => isFailureOf(entry, node)).length + 1,
    before.filter((entry) => stateIn(entry, node) === 'connecting').length,
  );
  if (connected === undefined) {
    clauses.broken(`${node} was not connected again after its failure`);
    return;
  }
  clauses.none(
    attempts <= attemptsMax ? [] : [`${node} needed ${attempts} attempts, allowed are ${attemptsMax}`],
    'nodes that needed too many attempts',
    `${node} connected in attempt ${attempts}`,
  );
  const works = after.some(
    (entry) =>
      entry.index > connected.index && entry.kind === 'event' && entry.node === node && entry.event.event === 'acked',
  );
  if (works) clauses.holds('a push was acknowledged after that');
  else clauses.broken(`no push of ${node} was acknowledged after the retry`);
}
