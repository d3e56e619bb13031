import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { type Direction, directions } from '../../contract/tap.ts';
import type { CapturedRecord } from '../history/collected.ts';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { bytesBetween, recordsReceived, recordsSeen } from './traffic.ts';
import { armedWindows, type FaultWindow } from './windows.ts';

const parameters = z.strictObject({
  link: nodeName,
  direction: z.enum(directions),
  /** Its place in the variant's list of faults, from 0; left out: every bandwidth fault of the link. */
  fault: z.number().int().nonnegative().optional(),
  /** Bounds as shares of the rate that the fault allows. */
  from: z.number().nonnegative().default(0.6),
  to: z.number().positive().default(1.1),
  /** Over any so long a part of the transfer; left out: over the whole of it, from where it left its sender. */
  overMs: z.number().int().positive().optional(),
});
type Parameters = z.output<typeof parameters>;

/** Smaller records are talk, not transfer. */
const bulkBytes = 1024;
/** Parts of the transfer are looked at each so often. */
const stepMs = 500;

/**
 * While a bandwidth fault was on, the link carried its transfer at about the allowed rate, over any part of it of the
 * given length. A fault is looked at from its injection until it ends or another limit of the link comes on; within
 * that the transfer lasts from its first large record to its last. A time without so long a transfer proves nothing.
 */
export const goodput: Checker<Parameters> = {
  name: 'goodput',
  role: 'proof',
  proves: ['bandwidth'],
  about: 'Over any part of the transfer the link carried about as many bytes a second as the fault allows.',
  parameters,
  judge(record, options) {
    const clauses = new Clauses();
    const spans = limitedSpans(record, options);
    if (spans.length === 0) clauses.broken(`no bandwidth of ${options.link} was limited`);
    const { link, direction, overMs } = options;
    const seen = recordsReceived(record, link, direction, clauses);
    const sent = recordsSeen(record, direction === 'up' ? link : 'relay', direction, clauses);
    if (seen === null || sent === null) return clauses.finding();
    for (const { rate, ...span } of spans) {
      const rates = overMs === undefined ? rateOfAll(span, seen, sent) : ratesOfParts(span, seen, overMs);
      const [least, most] = [Math.round(Math.min(...rates)), Math.round(Math.max(...rates))];
      const parts = overMs === undefined ? 'on the whole' : `in ${rates.length} parts of ${overMs} ms`;
      const figures = `${least} to ${most} B/s ${parts} at ${rate} B/s`;
      if (rates.length === 0)
        clauses.broken(`no transfer${overMs === undefined ? '' : ` of ${overMs} ms or more`} at ${rate} B/s`);
      else if (least >= options.from * rate && most <= options.to * rate) clauses.holds(figures);
      else clauses.broken(`${figures}, expected ${options.from} to ${options.to} of it`);
    }
    return clauses.finding();
  },
};

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** While each limit was the latest one of the link. */
function limitedSpans(
  record: TrialRecord,
  { link, direction, fault }: Parameters,
): readonly (Span & { readonly rate: number })[] {
  const limits = armedWindows(record, 'bandwidth')
    .filter(({ links }) => links.includes(link))
    .map((window) => ({ ...window, ...(window.parameters as { rate: number; direction: readonly Direction[] }) }))
    .filter((limit) => limit.direction.includes(direction))
    .toSorted((a, b) => a.fromMs - b.fromMs);
  return limits
    .map((limit, index) => ({
      ...limit,
      toMs: Math.min(onUntilMs(record, limit), limits[index + 1]?.fromMs ?? Infinity),
    }))
    .filter((limit) => fault === undefined || limit.fault === fault);
}

/** Its witness is read before its heal begins; what passes while it is being healed is not held to it. */
function onUntilMs(record: TrialRecord, { fault, name, toMs }: FaultWindow): number {
  const read = entriesOf(record.entries, 'witness').find((entry) => entry.fault === fault && entry.name === name);
  return read?.atMs ?? toMs;
}

/** The large records that crossed in the time, at least in part. */
function bulkIn({ fromMs, toMs }: Span, records: readonly CapturedRecord[]): readonly CapturedRecord[] {
  return records.filter(({ bytes, firstMs, lastMs }) => bytes >= bulkBytes && firstMs < toMs && lastMs > fromMs);
}

function ratesOfParts(span: Span, seen: readonly CapturedRecord[], overMs: number): readonly number[] {
  const bulk = bulkIn(span, seen);
  if (bulk.length === 0) return [];
  const startMs = Math.max(span.fromMs, bulk[0]!.firstMs);
  const endMs = Math.min(span.toMs, Math.max(...bulk.map(({ lastMs }) => lastMs)));
  const rates: number[] = [];
  for (let atMs = startMs; atMs + overMs <= endMs; atMs += stepMs) {
    rates.push((bytesBetween(seen, atMs, atMs + overMs) * 1000) / overMs);
  }
  return rates;
}

/** One rate, or none: to the end of the last large record, or of the time. */
function rateOfAll(span: Span, seen: readonly CapturedRecord[], sent: readonly CapturedRecord[]): readonly number[] {
  const bulk = bulkIn(span, seen);
  const first = bulkIn(span, sent)[0];
  if (bulk.length === 0 || first === undefined) return [];
  const startMs = Math.max(span.fromMs, first.firstMs);
  const endMs = Math.min(span.toMs, Math.max(...bulk.map(({ lastMs }) => lastMs)));
  return endMs <= startMs ? [] : [(bytesBetween(seen, startMs, endMs) * 1000) / (endMs - startMs)];
}
