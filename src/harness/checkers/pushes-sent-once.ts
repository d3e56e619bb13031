import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { recordsAt } from './wire-times.ts';

/**
 * No node sent more PUSHes than it had accepted items to send, under whatever id: counted at its own interface. For
 * trials in which no connection is lost; after a loss a push is sent again rightly.
 */
export const pushesSentOnce: Checker<Record<string, never>> = {
  name: 'pushes-sent-once',
  role: 'invariant',
  about: 'No node sends more pushes than it accepted items: none goes out twice, under whatever id.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const { pushes, deletions } = ledgerOf(record);
    for (const node of record.nodes) {
      const records = recordsAt(record, node, clauses);
      if (records === null) continue;
      const capture = record.collected.captures.find(({ point }) => point === node)!;
      if (capture.openedSessions === 0 || capture.opaqueSessions > 0) {
        clauses.unknown(`pushes of ${node}: not every session was opened`);
        continue;
      }
      const accepted = [...pushes, ...deletions].filter((one) => one.node === node && one.outcome !== 'failed').length;
      const sent = records
        .filter(({ direction }) => direction === 'up')
        .flatMap(({ messages }) => messages ?? [])
        .filter((message) => message === 'PUSH').length;
      const figures = `${node} sent ${sent} pushes for ${accepted} accepted items`;
      clauses.none(sent > accepted ? [figures] : [], 'nodes that sent pushes twice', figures);
    }
    return clauses.finding();
  },
};
