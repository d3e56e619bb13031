import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { faultWindows, isWithin } from './windows.ts';
import { handshakesIn, recordsAt } from './wire-times.ts';

const parameters = z.strictObject({
  /** Left out: every node whose link a fault acts on. */
  node: nodeName.optional(),
  /** So many times what one takes on the clean network … */
  cleanTimes: z.number().nonnegative().default(0),
  /** … and so much more. */
  plusMs: z.number().positive(),
});

/**
 * Every handshake that a node began while a fault was on its link came to its end in time, its four messages in turn.
 * Seen at the node’s own interface, from the first byte of m1 to the last of m4.
 */
export const handshakeWithin: Checker<z.output<typeof parameters>> = {
  name: 'handshake-within',
  role: 'invariant',
  about: 'Handshakes begun under the fault end within a multiple of a clean one plus a time, in two round trips.',
  parameters,
  judge(record, { node, cleanTimes, plusMs }) {
    const clauses = new Clauses();
    const windows = faultWindows(record);
    const clean = record.baseline?.handshake;
    const nodes = [...new Set(windows.flatMap(({ links }) => links))].filter((link) => (node ?? link) === link);
    if (nodes.length === 0) clauses.unknown('no fault was on any link');
    for (const one of nodes) {
      const records = recordsAt(record, one, clauses);
      if (records === null) continue;
      const own = windows.filter(({ links }) => links.includes(one));
      const all = handshakesIn(records);
      const begun = all.filter(({ beganMs }) => own.some((window) => isWithin(window, beganMs)));
      if (begun.length === 0) clauses.unknown(`${one} began no handshake under the fault`);
      else if (cleanTimes > 0 && !clean) clauses.unknown('no baseline of a clean network to compare with');
      else {
        const boundMs = cleanTimes * (clean?.medianMs ?? 0) + plusMs;
        const took = begun.map(({ beganMs, endedMs }) => (endedMs === null ? null : endedMs - beganMs));
        const broken = begun.flatMap(({ isInTurn, endedMs }) => [
          ...(endedMs === null ? [`${one}: a handshake never ended`] : []),
          ...(endedMs !== null && !isInTurn ? [`${one}: the four messages did not take turns`] : []),
        ]);
        const late = took.flatMap((ms) => (ms !== null && ms > boundMs ? [`${one}: ${Math.round(ms)} ms`] : []));
        const figures = `${one}: ${begun.length} handshakes under the fault, the longest ${Math.round(Math.max(...took.map((ms) => ms ?? 0)))} ms`;
        clauses.none(broken, 'handshakes that failed', figures);
        judgeTiming(record, clauses, boundMs, late, `handshakes over ${Math.round(boundMs)} ms`, figures);
      }
    }
    return clauses.finding();
  },
};
