import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { isFailureOf, stateIn } from './failures.ts';
import { judgeTiming } from './lag.ts';
import { windowsByLink } from './windows.ts';

const parameters = z.strictObject({
  node: nodeName,
  /** From the first message of the handshake to the relay’s welcome. */
  roundTrips: z.number().int().positive(),
  /** What the node is configured to give an attempt. */
  limitMs: z.number().int().positive(),
  toleranceMs: z.number().int().positive(),
});

/**
 * The node’s first attempt to connect under a latency does what its limit says: where the round trips of an attempt fit
 * in, it succeeds, in no less time than they take; where they do not, it times out at the limit, neither sooner nor later.
 */
export const attemptFitsLimit: Checker<z.output<typeof parameters>> = {
  name: 'attempt-fits-limit',
  role: 'reaction',
  about: 'The first attempt to connect under a latency succeeds where its round trips fit the limit, else ends at it.',
  parameters,
  judge(record, { node, roundTrips, limitMs, toleranceMs }) {
    const clauses = new Clauses();
    const window = windowsByLink(record, node).find(({ name }) => name === 'latency');
    if (window === undefined) {
      clauses.unknown(`no latency was on the link of ${node}`);
      return clauses.finding();
    }
    const { delay, direction } = window.parameters as { delay: number; direction: readonly string[] };
    const leastMs = roundTrips * delay * direction.length;
    const wanted = `${roundTrips} round trips take ${leastMs} ms of ${limitMs} ms`;
    const attempt = firstAttempt(record, node, window.fromIndex);
    if (attempt === null) {
      clauses.unknown(`${node} ended no attempt to connect under the latency`);
      return clauses.finding();
    }
    const { reason, tookMs } = attempt;
    const figures = `${node} ${reason === null ? 'was welcomed' : `failed (${reason})`} after ${Math.round(tookMs)} ms; ${wanted}`;
    if (leastMs < limitMs) {
      if (reason !== null || tookMs < leastMs) clauses.broken(figures);
      else clauses.holds(figures);
    } else if (!isEndOfWait(reason) || tookMs < limitMs - toleranceMs) clauses.broken(figures);
    else {
      const late = tookMs > limitMs + toleranceMs ? [figures] : [];
      judgeTiming(record, clauses, toleranceMs, late, 'time-outs that came too late', figures);
    }
    return clauses.finding();
  },
};

/** The node gave up, or the relay, which gives an attempt as long and whose end may be heard first. */
function isEndOfWait(reason: string | null): boolean {
  return reason === 'timed-out' || reason === 'closed';
}

/** How the first attempt after this entry ended; null: none began, or it never ended. `reason` is null when it succeeded. */
function firstAttempt(record: TrialRecord, node: string, fromIndex: number) {
  const after = record.entries.slice(fromIndex + 1);
  const began = after.find((entry) => stateIn(entry, node) === 'connecting');
  if (began === undefined) return null;
  for (const entry of after.slice(after.indexOf(began) + 1)) {
    const tookMs = entry.atMs - began.atMs;
    if (isFailureOf(entry, node)) return { reason: entry.event.reason, tookMs: entry.event.afterMs };
    if (stateIn(entry, node) === 'connected') return { reason: null, tookMs };
  }
  return null;
}
