import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({
  /** Items, each missing on the node that did not push it. */
  count: z.number().int().positive(),
});

/**
 * When the tap struck for the last time, so many items of the prepared load were still unknown to the other nodes: no
 * other node had announced one of them as received. Where the tap cut is for `dialogue-cut` to prove.
 */
export const unknownAtStrike: Checker<z.output<typeof parameters>> = {
  name: 'unknown-at-strike',
  role: 'proof',
  about: 'At the last strike of the tap so many items were still unknown to the nodes that did not push them.',
  parameters,
  judge(record, { count }) {
    const clauses = new Clauses();
    const last = witnessesOf(record, 'tap-strike').at(-1);
    if (last === undefined) {
      clauses.broken('the tap never struck');
      return clauses.finding();
    }
    const pushed = ledgerOf(record).pushes.filter(
      ({ part, item, invoked }) => part !== 'seed' && item !== null && invoked.index < last.entry.index,
    );
    const received = new Set(
      entriesOf(record.entries, 'event').flatMap(({ index, event }) =>
        event.event === 'received' && index < last.entry.index ? [event.item] : [],
      ),
    );
    const unknown = pushed.filter(({ item }) => !received.has(item!)).length;
    const figures = `${unknown} of ${pushed.length} items unknown to others at the last strike`;
    if (unknown >= count) clauses.holds(figures);
    else clauses.broken(`${figures}, expected ${count}`);
    return clauses.finding();
  },
};
