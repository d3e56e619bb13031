import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { ledgerOf, loadPushes } from './ledger.ts';

const parameters = z.strictObject({ withinMs: z.number().int().positive() });

/** Nobody is left behind: each node has its last item of the load at most so long after the median of all nodes. */
export const caughtUpTogether: Checker<z.output<typeof parameters>> = {
  name: 'caught-up-together',
  role: 'reaction',
  about: 'No node has its last item of the load much later than the median of all nodes.',
  parameters,
  judge(record, { withinMs }) {
    const clauses = new Clauses();
    const items = new Set(loadPushes(ledgerOf(record)).flatMap(({ item }) => (item === null ? [] : [item])));
    const lastMs = record.nodes.flatMap((node) => {
      const received = entriesOf(record.entries, 'event').filter(
        (entry) => entry.node === node && entry.event.event === 'received' && items.has(entry.event.item),
      );
      return received.length === 0 ? [] : [{ node, atMs: received.at(-1)!.atMs }];
    });
    if (lastMs.length < 2) {
      clauses.unknown('fewer than two nodes received anything of the load');
      return clauses.finding();
    }
    const sorted = lastMs.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
    const medianMs = sorted[Math.floor((sorted.length - 1) / 2)]!;
    const late = lastMs
      .filter(({ atMs }) => atMs - medianMs > withinMs)
      .map(({ node, atMs }) => `${node} ${Math.round(atMs - medianMs)} ms after the median`);
    const figures = `the last of ${lastMs.length} nodes ${Math.round(sorted.at(-1)! - medianMs)} ms after the median`;
    judgeTiming(record, clauses, withinMs, late, 'nodes left behind', figures);
    return clauses.finding();
  },
};
