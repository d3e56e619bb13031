import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { sentPushes } from './sent-pushes.ts';

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
    for (const node of record.nodes) {
      const counted = sentPushes(record, node, clauses);
      if (counted === null) continue;
      const figures = `${node} sent ${counted.sent} pushes for ${counted.accepted} accepted items`;
      clauses.none(counted.sent > counted.accepted ? [figures] : [], 'nodes that sent pushes twice', figures);
    }
    return clauses.finding();
  },
};
