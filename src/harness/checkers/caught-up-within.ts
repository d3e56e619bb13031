import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { isLoad, ledgerOf } from './ledger.ts';

const parameters = z.strictObject({ node: nodeName, withinMs: z.number().int().positive() });

/**
 * What was pushed while a node caught up with its backlog (the pushes of `prepare`) reached it at most `withinMs` after
 * the backlog's last item, without anybody asking.
 */
export const caughtUpWithin: Checker<z.output<typeof parameters>> = {
  name: 'caught-up-within',
  role: 'reaction',
  about: 'What was pushed while a node caught up with its backlog reached it so soon after the backlog’s last item.',
  parameters,
  judge(record, { node, withinMs }) {
    const clauses = new Clauses();
    const pushes = ledgerOf(record).pushes.filter((push) => push.node !== node && push.item !== null);
    const receivedMs = new Map(
      entriesOf(record.entries, 'event').flatMap((entry) =>
        entry.node === node && entry.event.event === 'received' ? [[entry.event.item, entry.atMs] as const] : [],
      ),
    );
    const timeOf = (item: string | null) => receivedMs.get(item!) ?? Number.POSITIVE_INFINITY;
    const backlog = pushes.filter(({ part }) => part.startsWith('prepare')).map(({ item }) => timeOf(item));
    const later = pushes.filter(({ part }) => isLoad(part)).map(({ item }) => timeOf(item));
    if (backlog.length === 0 || later.length === 0) {
      clauses.unknown('there was no backlog, or nothing was pushed beside it');
      return clauses.finding();
    }
    const afterMs = Math.round(Math.max(0, Math.max(...later) - Math.max(...backlog)));
    const missing = later.filter((atMs) => !Number.isFinite(atMs)).length;
    if (missing > 0) clauses.broken(`${missing} of ${later.length} items pushed meanwhile never reached ${node}`);
    else {
      const figures = `all ${later.length} at ${node} ${afterMs} ms after the backlog`;
      judgeTiming(record, clauses, withinMs, afterMs <= withinMs ? [] : [figures], 'items that came late', figures);
    }
    return clauses.finding();
  },
};
