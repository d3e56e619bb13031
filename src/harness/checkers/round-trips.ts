import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { type FaultWindow, isWithin, minutesOf, windowsByLink } from './windows.ts';
import { deviationOf, medianOf, type RoundTrip, recordsAt, roundTripsIn } from './wire-times.ts';

const ms = z.number().positive();
const parameters = z.strictObject({
  /** Left out: every node whose link a fault acts on. */
  node: nodeName.optional(),
  /** Heartbeats alone, or pushes with their acknowledgements too. */
  of: z.enum(['heartbeats', 'requests']).default('heartbeats'),
  /** At least so many while the fault was on, and as many before and after it where they are compared. */
  count: z.number().int().positive(),
  /** By how much the median rose above the one before the fault. */
  medianRoseMs: ms.optional(),
  medianMs: z.strictObject({ from: ms, to: ms }).optional(),
  /** By how much the longest rose above the median before the fault. */
  longestRoseMs: ms.optional(),
  /** Between the shortest and the longest. */
  rangeMs: ms.optional(),
  deviationMs: ms.optional(),
  /** All but `backWithinMs` holds in each minute of each fault, and each has `count`. */
  perMinute: z.boolean().default(false),
  /** After the fault the median is at most so far above the one before it. */
  backWithinMs: ms.optional(),
});
type Parameters = z.output<typeof parameters>;

const requestsOf = { heartbeats: ['PRESENCE'], requests: ['PRESENCE', 'PUSH'] } as const;

/**
 * The round trips of a node, as a capture of its own interface has them, were what the fault makes them: request and
 * answer both while it was on. Those before the first and after the last fault on the link show the link without it.
 */
export const roundTrips: Checker<Parameters> = {
  name: 'round-trips',
  role: 'proof',
  proves: ['latency', 'wandering-latency', 'scatter'],
  about: 'The node’s round trips, seen at its own interface, rose, spread and fell back as the fault makes them.',
  parameters,
  judge(record, { node, ...wanted }) {
    const clauses = new Clauses();
    const byLink = Map.groupBy(windowsByLink(record, node), ({ link }) => link);
    if (byLink.size === 0) clauses.broken('no fault was on any link');
    for (const [link, windows] of byLink) judgeNode(record, clauses, link, windows, wanted);
    return clauses.finding();
  },
};

function judgeNode(
  record: TrialRecord,
  clauses: Clauses,
  node: string,
  windows: readonly FaultWindow[],
  { of, count, ...wanted }: Omit<Parameters, 'node'>,
): void {
  const records = recordsAt(record, node, clauses);
  if (records === null) return;
  if (records.every(({ messages }) => messages === null)) {
    clauses.unknown(`round trips of ${node}: no session was opened`);
    return;
  }
  const trips = roundTripsIn(records, requestsOf[of]);
  const fromMs = Math.min(...windows.map((window) => window.fromMs));
  const toMs = Math.max(...windows.map((window) => window.toMs));
  const parts = wanted.perMinute ? windows.flatMap((window) => minutesOf(window).map((minute) => [minute])) : [windows];
  const before = trips.filter(({ answeredMs }) => answeredMs < fromMs).map(({ tookMs }) => tookMs);
  const after = trips.filter(({ sentMs }) => sentMs > toMs).map(({ tookMs }) => tookMs);
  const isCompared = wanted.medianRoseMs !== undefined || wanted.longestRoseMs !== undefined;
  const isBack = wanted.backWithinMs !== undefined;
  for (const [index, part] of parts.entries()) {
    const name = wanted.perMinute ? `${node} in minute ${index + 1}` : node;
    const within = trips.filter((trip) => part.some((window) => isInside(window, trip))).map(({ tookMs }) => tookMs);
    const needed = { under: within, before: isCompared || isBack ? before : null, after: isBack ? after : null };
    const few = Object.entries(needed).flatMap(([when, some]) =>
      some === null || some.length >= count ? [] : [`${name}: ${some.length} round trips ${when} the fault`],
    );
    if (few.length > 0) clauses.broken(`fewer than ${count} round trips`, few);
    else judgeFigures(record, clauses, name, { within, before, after }, wanted);
  }
}

interface Samples {
  readonly within: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function judgeFigures(
  record: TrialRecord,
  clauses: Clauses,
  node: string,
  { within, before, after }: Samples,
  wanted: Omit<Parameters, 'node' | 'of' | 'count'>,
): void {
  const median = medianOf(within);
  const longest = Math.max(...within);
  const told = (what: string, figure: number) => `${node}: ${what} ${rounded(figure)} ms`;
  const judge = (text: string, holds: boolean, bound: string, boundMs: number) =>
    judgeTiming(record, clauses, boundMs, holds ? [] : [text], `${text}, expected ${bound} ${boundMs} ms`, text);
  const atLeast = (what: string, figure: number, leastMs: number | undefined) => {
    if (leastMs !== undefined) judge(told(what, figure), figure >= leastMs, 'at least', leastMs);
  };
  const atMost = (what: string, figure: number, mostMs: number | undefined) => {
    if (mostMs !== undefined) judge(told(what, figure), figure <= mostMs, 'at most', mostMs);
  };
  if (wanted.medianRoseMs !== undefined) atLeast('median rose by', median - medianOf(before), wanted.medianRoseMs);
  atLeast('median', median, wanted.medianMs?.from);
  atMost('median', median, wanted.medianMs?.to);
  if (wanted.longestRoseMs !== undefined) atLeast('longest rose by', longest - medianOf(before), wanted.longestRoseMs);
  atLeast('range', longest - Math.min(...within), wanted.rangeMs);
  atLeast('standard deviation', deviationOf(within), wanted.deviationMs);
  if (wanted.backWithinMs !== undefined) {
    atMost('median after the fault above the one before', medianOf(after) - medianOf(before), wanted.backWithinMs);
  }
  clauses.holds(`${node}: ${within.length} round trips under the fault`);
}

function isInside(window: FaultWindow, { sentMs, answeredMs }: RoundTrip): boolean {
  return isWithin(window, sentMs) && isWithin(window, answeredMs);
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
