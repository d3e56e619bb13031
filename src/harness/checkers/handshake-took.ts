import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { isWithin, windowsByLink } from './windows.ts';
import { handshakesIn, recordsAt } from './wire-times.ts';

const parameters = z.strictObject({
  /** Left out: every node whose link a fault acts on. */
  node: nodeName.optional(),
  minMs: z.number().positive(),
});

/** Each node began and ended a handshake while the fault was on, and every one of those took at least `minMs`. */
export const handshakeTook: Checker<z.output<typeof parameters>> = {
  name: 'handshake-took',
  role: 'proof',
  proves: ['latency'],
  about: 'Each node shook hands under the fault, and every handshake there took at least so long.',
  parameters,
  judge(record, { node, minMs }) {
    const clauses = new Clauses();
    const byLink = Map.groupBy(windowsByLink(record, node), ({ link }) => link);
    if (byLink.size === 0) clauses.broken('no fault was on any link');
    for (const [link, windows] of byLink) {
      const records = recordsAt(record, link, clauses);
      if (records === null) continue;
      const took = handshakesIn(records).flatMap(({ beganMs, endedMs }) =>
        endedMs !== null && windows.some((window) => isWithin(window, beganMs) && isWithin(window, endedMs))
          ? [endedMs - beganMs]
          : [],
      );
      const shortest = Math.min(...took);
      if (took.length === 0) clauses.broken(`${link} ended no handshake under the fault`);
      else if (shortest < minMs)
        clauses.broken(`${link}: a handshake took ${Math.round(shortest)} ms, expected ${minMs}`);
      else clauses.holds(`${link}: ${took.length} handshakes, none under ${Math.round(shortest)} ms`);
    }
    return clauses.finding();
  },
};
