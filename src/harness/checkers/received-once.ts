import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';

const count = z.number().int().positive();
const parameters = z.union([
  /** Items beside the seed set that others pushed. */
  z.strictObject({ node: nodeName, count }),
  /** So many of each other node. */
  z.strictObject({ node: nodeName, ofEach: count }),
]);

/** The node took in exactly so many items of others beside the seed set, each once. */
export const receivedOnce: Checker<z.output<typeof parameters>> = {
  name: 'received-once',
  role: 'invariant',
  about: 'A node took in exactly so many items of others beside the seed set, each once.',
  parameters,
  judge(record, { node, ...wanted }) {
    const clauses = new Clauses();
    const expected = 'count' in wanted ? wanted.count : wanted.ofEach * (record.nodes.length - 1);
    const pushed = ledgerOf(record).pushes.filter((push) => push.part !== 'seed' && push.node !== node);
    const items = new Set(pushed.flatMap(({ item }) => (item === null ? [] : [item])));
    const received = entriesOf(record.entries, 'event').flatMap((entry) =>
      entry.node === node && entry.event.event === 'received' && items.has(entry.event.item) ? [entry.event.item] : [],
    );
    const distinct = new Set(received);
    const twice = [...distinct].filter((item) => received.indexOf(item) !== received.lastIndexOf(item));
    clauses.none(twice, 'items taken in more than once', 'none taken in twice');
    if (pushed.length === 0) clauses.unknown(`nobody pushed anything that ${node} could take in`);
    else if (distinct.size === expected) clauses.holds(`${node} took in ${expected} items`);
    else clauses.broken(`${node} took in ${distinct.size} items, expected ${expected}`);
    return clauses.finding();
  },
};
