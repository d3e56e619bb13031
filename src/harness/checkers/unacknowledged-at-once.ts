import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf, loadPushes } from './ledger.ts';

const parameters = z.strictObject({ nodes: z.number().int().positive() });

/** At one moment so many nodes had a push of the load that was accepted and not yet acknowledged. */
export const unacknowledgedAtOnce: Checker<z.output<typeof parameters>> = {
  name: 'unacknowledged-at-once',
  role: 'proof',
  about: 'At one moment so many nodes had pushes that were not yet acknowledged.',
  parameters,
  judge(record, { nodes }) {
    const clauses = new Clauses();
    const ackedMs = new Map(
      entriesOf(record.entries, 'event').flatMap(({ event, atMs }) =>
        event.event === 'acked' ? [[event.item, atMs] as const] : [],
      ),
    );
    const open = loadPushes(ledgerOf(record)).flatMap(({ node, item, answered }) => {
      const toMs = ackedMs.get(item ?? '');
      return answered === null || toMs === undefined ? [] : [{ node, fromMs: answered.atMs, toMs }];
    });
    // The most there are at once is reached where one of them begins.
    const most = Math.max(
      0,
      ...open.map(
        ({ fromMs }) =>
          new Set(open.filter((other) => other.fromMs <= fromMs && fromMs < other.toMs).map(({ node }) => node)).size,
      ),
    );
    const figures = `${most} nodes with unacknowledged pushes at once`;
    if (most >= nodes) clauses.holds(figures);
    else clauses.broken(`${figures}, expected ${nodes}`);
    return clauses.finding();
  },
};
