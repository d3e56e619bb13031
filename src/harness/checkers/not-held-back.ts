import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { type LedgerPush, ledgerOf, loadPushes } from './ledger.ts';
import { faultWindows } from './windows.ts';

const parameters = z.strictObject({
  node: nodeName,
  /** At most so many times what it was before the fault. */
  times: z.number().min(1),
  /** Items that others push before the fault, and again as many while it is on. */
  count: z.number().int().positive(),
});

/**
 * A fault that strikes another does not hold the node back: what others pushed while it was on is complete at the node
 * after at most so many times as long, from the first push on, as the same number of items took before it in the same
 * trial. A fault that was not on takes nothing away: this binds disarmed too.
 */
export const notHeldBack: Checker<z.output<typeof parameters>> = {
  name: 'not-held-back',
  role: 'invariant',
  about: 'What was pushed while a fault struck another reached the node about as fast as the same before it.',
  parameters,
  judge(record, { node, times, count }) {
    const clauses = new Clauses();
    const receivedMs = new Map(
      entriesOf(record.entries, 'event').flatMap((entry) =>
        entry.node === node && entry.event.event === 'received' ? [[entry.event.item, entry.atMs] as const] : [],
      ),
    );
    const tookMs = (pushes: readonly LedgerPush[]) =>
      Math.max(...pushes.map(({ item }) => receivedMs.get(item!) ?? Number.POSITIVE_INFINITY)) -
      Math.min(...pushes.map(({ invoked }) => invoked.atMs));
    const pushes = loadPushes(ledgerOf(record)).filter((push) => push.node !== node && push.item !== null);
    const windows = faultWindows(record);
    if (windows.length === 0) clauses.unknown('no fault came, not even disarmed');
    for (const { name, fromMs, toMs } of windows) {
      const before = pushes.filter(({ invoked }) => invoked.atMs < fromMs);
      const inside = pushes.filter(({ invoked }) => invoked.atMs >= fromMs && invoked.atMs <= toMs);
      if (before.length !== count || inside.length !== count) {
        clauses.unknown(`${before.length} items before ${name} and ${inside.length} in it, expected ${count} each`);
        continue;
      }
      const [usualMs, gotMs] = [tookMs(before), tookMs(inside)];
      const boundMs = times * usualMs;
      const figures = `${count} items complete at ${node} after ${Math.round(gotMs)} ms in ${name}, ${Math.round(usualMs)} ms before`;
      if (!Number.isFinite(usualMs)) clauses.unknown(`not everything reached ${node} before ${name}`);
      else if (!Number.isFinite(gotMs)) clauses.broken(`not everything reached ${node} that was pushed in ${name}`);
      else judgeTiming(record, clauses, boundMs, gotMs <= boundMs ? [] : [figures], 'held back', figures);
    }
    return clauses.finding();
  },
};
