import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { type WitnessValue, witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({
  node: nodeName,
  reads: z.number().int().positive(),
  /** The last cursor of the group, all before it still there. */
  head: z.number().int().positive(),
});

/** Each time the node read from some cursor it got every one after it up to the head, ascending and once. */
export const readsComplete: Checker<z.output<typeof parameters>> = {
  name: 'reads-complete',
  role: 'reaction',
  about: 'From whatever cursor and by whatever page a node read, it got every cursor up to the head, in order, once.',
  parameters,
  judge(record, { node, reads, head }) {
    const clauses = new Clauses();
    const seen = witnessesOf(record, 'read').filter(({ value }) => value.node === node);
    if (seen.length === 0) clauses.unknown(`${node} was never asked to read`);
    else if (seen.length === reads) clauses.holds(`${node} read ${reads} times`);
    else clauses.broken(`${node} read ${seen.length} times, expected ${reads}`);
    const wrong = seen.flatMap(({ value }) => difference(value, head));
    clauses.none(wrong, 'reads with other cursors', `every cursor up to ${head}, once and in order`);
    return clauses.finding();
  },
};

/** The first place where it differs. */
function difference({ after, items, cursors }: WitnessValue<'read'>, head: number): readonly string[] {
  const count = Math.max(0, head - after);
  const length = Math.max(count, cursors.length);
  for (let index = 0; index < length; index += 1) {
    const expected = index < count ? after + 1 + index : null;
    const got = cursors[index] ?? null;
    if (got === expected) continue;
    return [`after ${after} by ${items}, item ${index + 1}: ${got ?? 'none'}, expected ${expected ?? 'none'}`];
  }
  return [];
}
