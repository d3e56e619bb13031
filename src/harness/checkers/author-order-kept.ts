import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';

/** Of two items of one author, the one with the lower sequence number has the lower cursor: its order was kept. */
export const authorOrderKept: Checker<Record<string, never>> = {
  name: 'author-order-kept',
  role: 'invariant',
  about: 'Each author’s items have their cursors in the order of their sequence numbers.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    if (!record.can.includes('cursor') || !record.can.includes('vector')) {
      clauses.notRun('order of cursors (the system does not tell both cursors and sequence numbers)');
      return clauses.finding();
    }
    const numbered = new Map<string, { item: string; sequence: number; cursor: number }[]>();
    for (const [item, { nodes, sequences, cursors }] of ledgerOf(record).facts) {
      const [node, sequence, cursor] = [[...nodes][0], [...sequences][0], [...cursors][0]];
      if (node === undefined || sequence === undefined || cursor === undefined) continue;
      numbered.set(node, [...(numbered.get(node) ?? []), { item, sequence, cursor }]);
    }
    if (numbered.size === 0) clauses.unknown('no item has both a sequence number and a cursor');
    for (const [node, items] of numbered) {
      const ordered = items.toSorted((a, b) => a.sequence - b.sequence);
      const breaches = ordered
        .slice(1)
        .map((after, index) => [ordered[index]!, after] as const)
        .filter(([before, after]) => before.cursor >= after.cursor)
        .map(
          ([before, after]) =>
            `${node}: number ${before.sequence} has cursor ${before.cursor}, number ${after.sequence} has ${after.cursor}`,
        );
      clauses.none(breaches, 'items out of their author’s order', `${items.length} items of ${node} in order`);
    }
    return clauses.finding();
  },
};
