import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { judgeAbsence } from './missing.ts';
import { expiredItems } from './named-losses.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({ node: nodeName, min: z.number().int().positive() });

/**
 * Of what a node whose data were set back had still to read, the relay no longer has at least `min` items: the oldest,
 * from the node’s cursor on. What the relay has is read from its storage.
 */
export const goneFromGap: Checker<z.output<typeof parameters>> = {
  name: 'gone-from-gap',
  role: 'proof',
  proves: ['expire'],
  about: 'The relay no longer has at least so many of the items that a node which was set back had still to read.',
  parameters,
  judge(record, { node, min }) {
    const clauses = new Clauses();
    const ledger = ledgerOf(record);
    const expired = expiredItems(record, ledger);
    if (expired === null) {
      judgeAbsence(record, clauses, 'relay.rows', 'what the relay still has');
      return clauses.finding();
    }
    const cursor = witnessesOf(record, 'set-back').find(({ value }) => value.node === node)?.value.cursor ?? null;
    if (cursor === null) {
      clauses.broken(`nobody knows where ${node} came back`);
      return clauses.finding();
    }
    const goneAt = new Set([...expired].flatMap((item) => [...(ledger.facts.get(item)?.cursors ?? [])]));
    let count = 0;
    while (goneAt.has(cursor + count + 1)) count += 1;
    const figures = `${count} items from cursor ${cursor + 1} on are gone from the relay`;
    if (count >= min) clauses.holds(figures);
    else clauses.broken(`${figures}, expected at least ${min}`);
    return clauses.finding();
  },
};
