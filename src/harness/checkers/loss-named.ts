import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { judgeAbsence } from './missing.ts';
import { expiredItems, lackedBy, toldGoneBy } from './named-losses.ts';

const parameters = z.strictObject({
  node: nodeName,
  /** Items that it must have lost. */
  count: z.number().int().positive(),
});

/**
 * A node lacks exactly so many items, told its caller of the cursors of each, and of no item that the relay still has.
 *
 * Not checked: a gap over cursors that the node holds, since between two items of one author lie those of others.
 */
export const lossNamed: Checker<z.output<typeof parameters>> = {
  name: 'loss-named',
  role: 'reaction',
  about: 'A node lacks exactly so many items, and told its caller of each that the relay no longer has it, truly.',
  parameters,
  judge(record, { node, count }) {
    const clauses = new Clauses();
    const ledger = ledgerOf(record);
    const expired = expiredItems(record, ledger);
    const lacked = lackedBy(record, node, ledger);
    if (expired === null) judgeAbsence(record, clauses, 'relay.rows', 'what the relay still has');
    if (lacked === null) judgeAbsence(record, clauses, `nodes.${node}.items`, `the store of ${node}`);
    if (expired === null || lacked === null) return clauses.finding();
    const isTold = toldGoneBy(record, node, ledger);
    if (lacked.length === count) clauses.holds(`${node} lacks ${count} items`);
    else clauses.broken(`${node} lacks ${lacked.length} items, expected ${count}`);
    const untold = lacked.filter((item) => !isTold(item));
    clauses.none(untold, `items that ${node} lacks and never spoke of`, 'each of them was told as a gap');
    const falsely = lacked.filter((item) => isTold(item) && !expired.has(item));
    clauses.none(falsely, `items told to be gone that the relay still has`, 'none of them is at the relay');
    return clauses.finding();
  },
};
