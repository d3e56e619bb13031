import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeAbsence } from './missing.ts';

const parameters = z.strictObject({ count: z.number().int().positive() });

/** Every node knows exactly so many items to be deleted. That they are the right ones is for `no-data-loss`. */
export const tombstonesEverywhere: Checker<z.output<typeof parameters>> = {
  name: 'tombstones-everywhere',
  role: 'invariant',
  about: 'In the end every node knows exactly so many items to be deleted.',
  parameters,
  judge(record, { count }) {
    const clauses = new Clauses();
    for (const node of record.nodes) {
      const items = record.collected.nodes[node]?.items ?? null;
      if (items === null) {
        judgeAbsence(record, clauses, `nodes.${node}.items`, `manifest of ${node}`);
        continue;
      }
      const deleted = items.filter((held) => held.deleted).length;
      if (deleted === count) clauses.holds(`${count} items deleted on ${node}`);
      else clauses.broken(`${deleted} items deleted on ${node}, expected ${count}`);
    }
    return clauses.finding();
  },
};
