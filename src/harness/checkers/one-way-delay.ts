import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { directions } from '../../contract/tap.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { isWithin, windowsByLink } from './windows.ts';
import { medianOf, recordsAt, transitsBetween } from './wire-times.ts';

const shareMax = 0.2;
const floorMs = 5;
const countMin = 10;

const ms = z.number().positive();
const parameters = z.strictObject({
  /** Left out: every link that a fault acts on. */
  link: nodeName.optional(),
  upMs: ms,
  downMs: ms,
});

/**
 * Records of both directions took as long from the node’s interface to the relay’s, or back, as the fault says: the
 * median within 20 % or 5 ms, whichever is more, without those that healing let through. Both captures have one clock.
 */
export const oneWayDelay: Checker<z.output<typeof parameters>> = {
  name: 'one-way-delay',
  role: 'proof',
  proves: ['latency'],
  about: 'Records took so long from one end of the link to the other, each way, within 20 % or 5 ms.',
  parameters,
  judge(record, { link, upMs, downMs }) {
    const clauses = new Clauses();
    const windowsOf = Map.groupBy(windowsByLink(record, link), (window) => window.link);
    if (windowsOf.size === 0) clauses.broken('no fault was on any link');
    for (const [node, windows] of windowsOf) {
      const atNode = recordsAt(record, node, clauses);
      const atRelay = recordsAt(record, 'relay', clauses);
      if (atNode === null || atRelay === null) continue;
      for (const direction of directions) {
        const wantedMs = direction === 'up' ? upMs : downMs;
        const took = transitsBetween(atNode, atRelay, direction)
          .filter(({ sentMs, tookMs }) =>
            windows.some((window) => isWithin(window, sentMs) && isWithin(window, sentMs + tookMs)),
          )
          // What was on its way when the fault was taken off came through at once: it had not the time to be delayed.
          .filter(({ sentMs, tookMs }) => {
            const hadTime = windows.some((window) => isWithin(window, sentMs + wantedMs * (1 + shareMax)));
            return hadTime || tookMs >= wantedMs;
          })
          .map(({ tookMs }) => tookMs);
        const what = `${node} ${direction}`;
        if (took.length < countMin) {
          clauses.broken(`${what}: ${took.length} records seen at both ends, expected at least ${countMin}`);
          continue;
        }
        const median = medianOf(took);
        const told = `${what}: ${took.length} records took ${median.toFixed(1)} ms (median)`;
        const boundMs = Math.max(floorMs, shareMax * wantedMs);
        const off = Math.abs(median - wantedMs) > boundMs ? [told] : [];
        judgeTiming(record, clauses, boundMs, off, `${told}, expected ${wantedMs} ms`, told);
      }
    }
    return clauses.finding();
  },
};
