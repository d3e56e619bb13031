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
const nothing: Span = { fromMs: 0, toMs: 0 };

/**
 * While a bandwidth fault was on, the link carried its transfer at about the allowed rate, over any part of it of the
 * given length. A fault is looked at from its injection until it ends or another limit of the link comes on; within
 * that the transfer lasts from the first large record to the last that any of the link's limits saw. A time without so
 * long a transfer proves nothing.
 */
export const goodput: Checker<Parameters> = {
  name: 'goodput',
  role: 'proof',
  proves: ['bandwidth'],
  about: 'Over any part of the transfer the link carried about as many bytes a second as the fault allows.',
  parameters,
  judge(record, options) {
    const clauses = new Clauses();
    const { spans, whole } = limitsOf(record, options);
    if (spans.length === 0) clauses.broken(`no bandwidth of ${options.link} was limited`);
    const { link, direction, overMs } = options;
    const seen = recordsReceived(record, link, direction, clauses);
    const sender = direction === 'up' ? link : 'relay';
    const sent = overMs === undefined ? recordsSeen(record, sender, direction, clauses) : seen;
    if (seen === null || sent === null) return clauses.finding();
    const transfer = transferIn(whole, sent, seen);
    for (const { rate, ...span } of spans) {
      const part = transfer === null ? nothing : clipped(span, transfer);
      const rates = overMs === undefined ? rateOfWhole(part, seen) : ratesOfParts(part, seen, overMs);
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

interface Limits {
  /** While each limit was the latest one of the link. */
  readonly spans: readonly (Span & { readonly rate: number })[];
  /** From the first to the last of the link. */
  readonly whole: Span;
}

function limitsOf(record: TrialRecord, { link, direction, fault }: Parameters): Limits {
  const limits = armedWindows(record, 'bandwidth')
    .filter(({ links }) => links.includes(link))
    .map((window) => ({ ...window, ...(window.parameters as { rate: number; direction: readonly Direction[] }) }))
    .filter((limit) => limit.direction.includes(direction))
    .toSorted((a, b) => a.fromMs - b.fromMs);
  const spans = limits.map((limit, index) => {
    const nextMs = limits[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    return { ...limit, toMs: Math.min(onUntilMs(record, limit), nextMs) };
  });
  return {
    spans: spans.filter((span) => fault === undefined || span.fault === fault),
    whole: { fromMs: limits[0]?.fromMs ?? 0, toMs: Math.max(0, ...limits.map(({ toMs }) => toMs)) },
  };
}

/** Its witness is read before its heal begins; what passes while it is being healed is not held to it. */
function onUntilMs(record: TrialRecord, { fault, name, toMs }: FaultWindow): number {
  const read = entriesOf(record.entries, 'witness').find((entry) => entry.fault === fault && entry.name === name);
  return read?.atMs ?? toMs;
}

/** From the first byte of the first large record that was sent to the last byte of the last that was seen to arrive. */
function transferIn(
  { fromMs, toMs }: Span,
  sent: readonly CapturedRecord[],
  seen: readonly CapturedRecord[],
): Span | null {
  const [left, arrived] = [sent, seen].map((records) =>
    records.filter(({ bytes, firstMs, lastMs }) => bytes >= bulkBytes && firstMs >= fromMs && lastMs <= toMs),
  ) as [CapturedRecord[], CapturedRecord[]];
  if (left.length === 0 || arrived.length === 0) return null;
  return { fromMs: left[0]!.firstMs, toMs: Math.max(...arrived.map(({ lastMs }) => lastMs)) };
}

/** What two times have in common. */
function clipped(span: Span, to: Span): Span {
  return { fromMs: Math.max(span.fromMs, to.fromMs), toMs: Math.min(span.toMs, to.toMs) };
}

/** One, or none where there was no transfer. What came at its very end belongs to it. */
function rateOfWhole({ fromMs, toMs }: Span, seen: readonly CapturedRecord[]): readonly number[] {
  return toMs <= fromMs ? [] : [(bytesBetween(seen, fromMs, toMs + 1) * 1000) / (toMs - fromMs)];
}

function ratesOfParts({ fromMs, toMs }: Span, seen: readonly CapturedRecord[], overMs: number): readonly number[] {
  const rates: number[] = [];
  for (let atMs = fromMs; atMs + overMs <= toMs; atMs += stepMs) {
    rates.push((bytesBetween(seen, atMs, atMs + overMs) * 1000) / overMs);
  }
  return rates;
}
