import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { isLoad, type LedgerPush, ledgerOf } from './ledger.ts';

const parameters = z.strictObject({
  node: nodeName,
  /** What came before the rest: the pushes of `prepare`, or the largest push of the load. */
  after: z.enum(['prepared', 'largest']).default('prepared'),
  withinMs: z.number().int().positive(),
});

/**
 * What was pushed while a node caught up with its backlog, or behind the largest item, reached it at most `withinMs`
 * after the last of that, without anybody asking.
 */
export const caughtUpWithin: Checker<z.output<typeof parameters>> = {
  name: 'caught-up-within',
  role: 'reaction',
  about: 'What was pushed while a node caught up with its backlog reached it so soon after the backlog’s last item.',
  parameters,
  judge(record, { node, after, withinMs }) {
    const clauses = new Clauses();
    const pushes = ledgerOf(record).pushes.filter((push) => push.node !== node && push.item !== null);
    const receivedMs = new Map(
      entriesOf(record.entries, 'event').flatMap((entry) =>
        entry.node === node && entry.event.event === 'received' ? [[entry.event.item, entry.atMs] as const] : [],
      ),
    );
    const timeOf = (item: string | null) => receivedMs.get(item!) ?? Number.POSITIVE_INFINITY;
    const loaded = pushes.filter(({ part }) => isLoad(part));
    const largest = Math.max(0, ...loaded.map(({ bytes }) => bytes ?? 0));
    const isFirst = ({ part, bytes }: LedgerPush) =>
      after === 'prepared' ? part.startsWith('prepare') : isLoad(part) && bytes === largest;
    const backlog = pushes.filter(isFirst).map(({ item }) => timeOf(item));
    const later = loaded.filter((push) => !isFirst(push)).map(({ item }) => timeOf(item));
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
