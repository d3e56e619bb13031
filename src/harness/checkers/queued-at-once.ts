import { z } from 'zod';

import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { ledgerOf, loadPushes } from './ledger.ts';
import { armedWindows, isWithin } from './windows.ts';

const parameters = z.strictObject({
  withinMs: z.number().int().positive(),
  /** So many pushes at least fell into the fault. */
  count: z.number().int().positive().default(1),
});

/** Every push of the load that was asked for while a fault was on was accepted, at level local, within this time. */
export const queuedAtOnce: Checker<z.output<typeof parameters>> = {
  name: 'queued-at-once',
  role: 'reaction',
  about: 'Pushes made while a fault is on return at once as queued: saved here, to be sent later.',
  parameters,
  judge(record, { withinMs, count }) {
    const clauses = new Clauses();
    const windows = armedWindows(record);
    const pushes = loadPushes(ledgerOf(record)).filter(({ invoked }) =>
      windows.some((window) => isWithin(window, invoked.atMs)),
    );
    if (pushes.length < count)
      clauses.unknown(`${pushes.length} pushes were asked for while a fault was on, expected ${count}`);
    const refused = pushes.filter(({ outcome, level }) => outcome !== 'accepted' || level !== 'local');
    clauses.none(
      refused.map(
        ({ operation, node, answered }) =>
          `push ${operation} of ${node}: ${answered?.level ?? answered?.outcome ?? 'no answer'}`,
      ),
      'pushes that were not accepted as queued',
      `${pushes.length} pushes accepted as queued`,
    );
    const late = pushes.flatMap(({ operation, node, invoked, answered }) => {
      const tookMs = Math.round((answered?.atMs ?? Number.POSITIVE_INFINITY) - invoked.atMs);
      return answered !== null && tookMs > withinMs ? [`push ${operation} of ${node} took ${tookMs} ms`] : [];
    });
    judgeTiming(record, clauses, withinMs, late, 'pushes that did not return at once', `each within ${withinMs} ms`);
    return clauses.finding();
  },
};
