import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';

/** At each node, the items of each other author were received in strictly ascending order of the author’s numbers. */
export const receivedInOrder: Checker<Record<string, never>> = {
  name: 'received-in-order',
  role: 'invariant',
  about: 'Each node receives the items of each author in strictly ascending order of the author’s own numbers.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const last = new Map<string, number>();
    const breaches: string[] = [];
    let received = 0;
    for (const { node, event } of entriesOf(record.entries, 'event')) {
      if (event.event !== 'received') continue;
      received += 1;
      const key = `${node} ${event.author}`;
      const before = last.get(key) ?? 0;
      if (event.sequence <= before) breaches.push(`${node}: number ${event.sequence} after ${before} of one author`);
      last.set(key, event.sequence);
    }
    if (received === 0) clauses.unknown('no node announced an item it received');
    else clauses.none(breaches, 'items received out of their author’s order', `${received} items received in order`);
    return clauses.finding();
  },
};
