import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { type LedgerPush, ledgerOf, loadPushes } from './ledger.ts';
import { faultWindows } from './windows.ts';

const parameters = z.strictObject({
  withinMs: z.number().int().positive(),
  after: z.enum(['first-push', 'last-push']).default('first-push'),
  /** Items that the load accepts, on all nodes together. */
  count: z.number().int().positive(),
  /** Before the first fault that lasts to the end of the load is healed. */
  underFault: z.boolean().default(false),
});

/**
 * Every item of the load reached every other node in time, by the nodes’ announcements as the tester heard them; with
 * `underFault` before the faults were healed. What became of it later is for the standing checks.
 */
export const deliveredWithin: Checker<z.output<typeof parameters>> = {
  name: 'delivered-within',
  role: 'invariant',
  about: 'All items of the load reach all nodes in time, counted from the first or the last push, under the fault.',
  parameters,
  judge(record, { withinMs, after, count, underFault }) {
    const clauses = new Clauses();
    const pushes = loadPushes(ledgerOf(record)).filter(({ outcome }) => outcome === 'accepted');
    if (pushes.length === 0) {
      clauses.unknown('the load held no push');
      return clauses.finding();
    }
    const begunMs = pushes.map(({ invoked }) => invoked.atMs);
    const fromMs = after === 'first-push' ? Math.min(...begunMs) : Math.max(...begunMs);
    const healedMs = Math.min(...faultWindows(record).map(({ toMs }) => toMs));
    const receivedAt = new Map(
      entriesOf(record.entries, 'event').flatMap(({ node, event, atMs }) =>
        event.event === 'received' ? [[`${node} ${event.item}`, atMs] as const] : [],
      ),
    );
    const awaited = pushes.flatMap((push) =>
      record.nodes.filter((node) => node !== push.node).map((node) => ({ push, node })),
    );
    const times = awaited.map(({ push, node }) => ({
      what: `${nameOf(push)} at ${node}`,
      atMs: receivedAt.get(`${node} ${push.item}`),
    }));
    const never = times.filter(({ atMs }) => atMs === undefined).map(({ what }) => what);
    const late = times.flatMap(({ what, atMs = 0 }) =>
      atMs > fromMs + withinMs ? [`${what} after ${Math.round(atMs - fromMs)} ms`] : [],
    );
    const last = Math.max(...times.map(({ atMs = 0 }) => atMs));
    const figures = `${pushes.length} items on every node ${Math.round(last - fromMs)} ms after the ${after.replace('-', ' ')}`;

    clauses.none(
      pushes.length < count ? [`${pushes.length} of ${count}`] : [],
      'items that were not accepted',
      figures,
    );
    clauses.none(never, 'items that never arrived', figures);
    judgeTiming(record, clauses, withinMs, late, `items that arrived after ${withinMs} ms`, figures);
    if (underFault) {
      const afterwards = times.flatMap(({ what, atMs = 0 }) => (atMs > healedMs ? [what] : []));
      clauses.none(afterwards, 'items that arrived only after the heal', figures);
    }
    return clauses.finding();
  },
};

function nameOf({ operation, node }: LedgerPush): string {
  return `push ${operation} of ${node}`;
}
