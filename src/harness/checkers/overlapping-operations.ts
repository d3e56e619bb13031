import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { loadOperations } from './operations.ts';

const parameters = z.strictObject({ node: nodeName, pairs: z.number().int().positive() });

/** At least so many pairs of operations of the load were open at the node at the same time. */
export const overlappingOperations: Checker<z.output<typeof parameters>> = {
  name: 'overlapping-operations',
  role: 'proof',
  about: 'At least so many pairs of operations of the load were open at the node at the same time.',
  parameters,
  judge(record, { node, pairs: wanted }) {
    const clauses = new Clauses();
    const operations = loadOperations(record, node);
    const pairs = operations.reduce((sum, { answered }, index) => {
      const isOpenAt = (later: number) => answered === null || answered.index > later;
      return sum + operations.slice(index + 1).filter((other) => isOpenAt(other.invoked.index)).length;
    }, 0);
    if (pairs >= wanted) clauses.holds(`${pairs} pairs of ${operations.length} operations overlapped`);
    else clauses.broken(`${pairs} pairs of ${operations.length} operations overlapped, expected ${wanted}`);
    return clauses.finding();
  },
};
