import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';

/**
 * The very first item of the group has cursor 1, and a node that had nothing and asked "after 0" got it: a node other
 * than its author, whose first delivery of the trial it is, and which holds it.
 */
export const pulledAfterZero: Checker<Record<string, never>> = {
  name: 'pulled-after-zero',
  role: 'invariant',
  about: 'The first item of the group has cursor 1 and reaches a node that asks for everything after 0.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const { facts } = ledgerOf(record);
    const known = [...facts].flatMap(([item, { cursors, nodes }]) =>
      [...cursors].map((cursor) => ({ item, cursor, nodes })),
    );
    if (known.length === 0) {
      clauses.unknown('no cursor is known');
      return clauses.finding();
    }
    const first = known.reduce((lowest, one) => (one.cursor < lowest.cursor ? one : lowest));
    if (first.cursor !== 1) {
      clauses.broken(`the first cursor of the group is ${first.cursor}, expected 1`);
      return clauses.finding();
    }
    const others = record.nodes.filter((node) => !first.nodes.has(node));
    const received = entriesOf(record.entries, 'event').flatMap(({ node, event }) =>
      event.event === 'received' ? [{ node, cursor: event.cursor }] : [],
    );
    const firstDelivered = others.filter((node) => received.find((delivery) => delivery.node === node)?.cursor === 1);
    const itemsOf = (node: string) => record.collected.nodes[node]?.items ?? null;
    const pulled = firstDelivered.filter((node) => itemsOf(node)?.some(({ item }) => item === first.item));
    const unseen = firstDelivered.filter((node) => itemsOf(node) === null);
    if (others.length === 0 || received.length === 0) clauses.unknown('no delivery to another node was announced');
    else if (pulled.length === 0 && unseen.length > 0) clauses.unknown(`what ${unseen.join(', ')} holds is not known`);
    else if (pulled.length > 0) clauses.holds(`cursor 1 was the first delivery to ${pulled.join(', ')}`);
    else clauses.broken('no node but its author got the item with cursor 1 as its first', [first.item]);
    return clauses.finding();
  },
};
