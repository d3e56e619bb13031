import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf, loadPushes } from './ledger.ts';

const parameters = z.strictObject({ count: z.number().int().positive() });

/**
 * The load’s `count` pushes have as many distinct cursors, and all cursors of the group together - seed, tombstones
 * and the rest - are 1, 2, 3, … without a hole.
 */
export const distinctCursors: Checker<z.output<typeof parameters>> = {
  name: 'distinct-cursors',
  role: 'invariant',
  about: 'The pushes of the load have distinct cursors, and the cursors of the group have no hole.',
  parameters,
  judge(record, { count }) {
    const clauses = new Clauses();
    if (!record.can.includes('cursor')) {
      clauses.notRun('cursors (the system tells none)');
      return clauses.finding();
    }
    const ledger = ledgerOf(record);
    const load = loadPushes(ledger);
    if (load.length !== count) clauses.unknown(`the load pushed ${load.length} items, expected ${count}`);

    const itemsByCursor = new Map<number, Set<string>>();
    const add = (cursor: number, item: string) => {
      itemsByCursor.set(cursor, (itemsByCursor.get(cursor) ?? new Set()).add(item));
    };
    for (const [item, { cursors }] of ledger.facts) for (const cursor of cursors) add(cursor, item);
    for (const { cursor, item } of record.collected.relay.rows ?? []) add(cursor, item);

    const shared = [...itemsByCursor].filter(([, items]) => items.size > 1);
    clauses.none(
      shared.map(([cursor, items]) => `cursor ${cursor} stands for ${[...items].join(' and ')}`),
      'cursors given twice',
      `${itemsByCursor.size} cursors, each for one item`,
    );
    const numbered = load.filter(({ item }) => item !== null && (ledger.facts.get(item)?.cursors.size ?? 0) > 0);
    const bare = load.filter((push) => !numbered.includes(push));
    clauses.none(
      bare.map(({ node, item }) => `${item ?? 'a push without an id'} of ${node} has no cursor`),
      'pushes of the load without a cursor',
      `${numbered.length} pushes of the load numbered`,
    );
    const highest = Math.max(0, ...itemsByCursor.keys());
    const holes = Array.from({ length: highest }, (_, index) => index + 1).filter(
      (cursor) => !itemsByCursor.has(cursor),
    );
    if (itemsByCursor.has(0)) clauses.broken('a cursor is 0, which no pull after 0 returns');
    clauses.none(
      holes.map((cursor) => `nothing has cursor ${cursor}`),
      'holes in the cursors of the group',
      `cursors 1 to ${highest} without a hole`,
    );
    return clauses.finding();
  },
};
