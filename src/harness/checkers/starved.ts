import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf, loadPushes } from './ledger.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({
  link: nodeName,
  /** At most so much … */
  bytesPerSecond: z.number().positive(),
  /** … over any so long a part of the fault … */
  overMs: z.number().int().positive(),
  /** … from so long after its beginning on: what was on its way already may still arrive. */
  afterMs: z.number().int().nonnegative(),
});

/** The last part is whole when the counts lie so close to its ends. */
const countsApartMsMax = 5000;

/**
 * While a node was starved next to nothing of it arrived, counted at the far end of its link, and the node had something
 * to send the whole time: a push that was accepted under the fault and acknowledged only after it.
 */
export const starved: Checker<z.output<typeof parameters>> = {
  name: 'starved',
  role: 'proof',
  proves: ['starve'],
  about:
    'Next to nothing of a starved node arrived at the far end of its link, and it had a push to send all the time.',
  parameters,
  judge(record, { link, bytesPerSecond, overMs, afterMs }) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'starve').filter(({ links }) => links.includes(link));
    if (windows.length === 0) clauses.broken(`${link} was not starved`);
    for (const { fault, fromMs, toMs } of windows) {
      const waiting = loadPushes(ledgerOf(record)).filter(
        ({ node, invoked, item }) => node === link && item !== null && invoked.atMs >= fromMs && invoked.atMs <= toMs,
      );
      const ackedMs = entriesOf(record.entries, 'event').flatMap(({ node, event, atMs }) =>
        node === link && event.event === 'acked' && waiting.some(({ item }) => item === event.item) ? [atMs] : [],
      );
      const early = ackedMs.filter((atMs) => atMs <= toMs).length;
      if (waiting.length === 0) clauses.broken(`${link} had nothing to send`);
      else if (early > 0) clauses.broken(`${early} of ${waiting.length} pushes got through all the same`);
      const witness = witnessesOf(record, 'starve').find(({ entry }) => entry.fault === fault);
      if (witness === undefined) {
        clauses.unknown(`nobody counted what came of ${link}`);
        continue;
      }
      const counts = witness.value.carried.filter((count) => count.link === link && count.atMs >= fromMs + afterMs);
      const rates = counts.flatMap((count, index) => {
        const next = counts.slice(index + 1).find(({ atMs }) => atMs >= count.atMs + overMs);
        if (next === undefined || next.atMs > count.atMs + overMs + countsApartMsMax) return [];
        return [((next.bytesUp - count.bytesUp) * 1000) / overMs];
      });
      const figures = `at most ${Math.round(Math.max(...rates))} B/s in ${rates.length} parts of ${overMs} ms`;
      if (rates.length === 0) clauses.broken(`${link} was not starved for ${afterMs + overMs} ms`);
      else if (Math.max(...rates) <= bytesPerSecond) clauses.holds(figures);
      else clauses.broken(`${figures}, expected ${bytesPerSecond}`);
    }
    return clauses.finding();
  },
};
