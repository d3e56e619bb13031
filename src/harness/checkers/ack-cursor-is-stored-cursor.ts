import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeAbsence } from './missing.ts';

/** The cursor that a push was acknowledged with is the one under which the relay and every node hold the item. */
export const ackCursorIsStoredCursor: Checker<Record<string, never>> = {
  name: 'ack-cursor-is-stored-cursor',
  role: 'invariant',
  about: 'The cursor of an acknowledgement is the one under which relay and nodes hold the item.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    if (!record.can.includes('cursor')) {
      clauses.notRun('cursors (the system tells none)');
      return clauses.finding();
    }
    const acked = new Map<string, number>();
    const breaches: string[] = [];
    const compare = (item: string, cursor: number, where: string) => {
      const first = acked.get(item);
      if (first !== undefined && first !== cursor)
        breaches.push(`${item}: acknowledged with ${first}, ${where} ${cursor}`);
    };
    for (const { event } of entriesOf(record.entries, 'event')) {
      if (event.event !== 'acked' || event.cursor === null) continue;
      compare(event.item, event.cursor, 'then with');
      if (!acked.has(event.item)) acked.set(event.item, event.cursor);
    }
    for (const { item, cursor } of entriesOf(record.entries, 'answered')) {
      if (item === undefined || typeof cursor !== 'number') continue;
      compare(item, cursor, 'answered with');
      if (!acked.has(item)) acked.set(item, cursor);
    }
    if (acked.size === 0) clauses.unknown('nothing was acknowledged');

    let compared = 0;
    for (const { item, cursor } of record.collected.relay.rows ?? []) {
      compare(item, cursor, 'at the relay it has');
      compared += acked.has(item) ? 1 : 0;
    }
    for (const node of record.nodes) {
      const items = record.collected.nodes[node]?.items ?? null;
      if (items === null) judgeAbsence(record, clauses, `nodes.${node}.items`, `cursors on ${node}`);
      for (const { item, cursor } of items ?? []) {
        if (cursor === null) continue;
        compare(item, cursor, `on ${node} it has`);
        compared += acked.has(item) ? 1 : 0;
      }
    }
    if (compared === 0) clauses.unknown('no stored cursor could be compared');
    clauses.none(
      breaches,
      'cursors that differ',
      `${acked.size} acknowledgements, ${compared} stored cursors compared`,
    );
    return clauses.finding();
  },
};
