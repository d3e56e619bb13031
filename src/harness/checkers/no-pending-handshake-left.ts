import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { isFailureOf } from './failures.ts';
import { judgeAbsence } from './missing.ts';

/**
 * No handshake of the trial, failed or not, on any link, left a pending entry at the relay: none is counted at the end.
 *
 * How fast they go is not judged here (`pending-handshakes-gone`): under loss others may be on their way meanwhile.
 */
export const noPendingHandshakeLeft: Checker<Record<string, never>> = {
  name: 'no-pending-handshake-left',
  role: 'reaction',
  about: 'No handshake, failed or not, leaves a pending entry at the relay.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const { stats } = record.collected.relay;
    const failures = record.entries.filter((entry) => record.nodes.some((node) => isFailureOf(entry, node)));
    if (stats === null) judgeAbsence(record, clauses, 'relay.stats', 'pending handshakes at the end');
    else {
      clauses.none(
        stats.pendingHandshakes === 0 ? [] : [`${stats.pendingHandshakes} pending after ${failures.length} failures`],
        'handshakes left pending',
        `none pending after ${failures.length} failed handshakes`,
      );
    }
    return clauses.finding();
  },
};
