import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { directions } from '../../contract/tap.ts';
import type { CapturedRecord } from '../history/collected.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { bytesBetween, recordsReceived } from './traffic.ts';
import { armedWindows, type FaultWindow } from './windows.ts';

const parameters = z.strictObject({
  link: nodeName,
  direction: z.enum(directions),
  /** Bounds as shares of the rate that the fault allows. */
  from: z.number().nonnegative().default(0.6),
  to: z.number().positive().default(1.1),
  /** Over any so long a part of the transfer. */
  overMs: z.number().int().positive().default(10_000),
});
type Parameters = z.output<typeof parameters>;

/** Smaller records are talk, not transfer. */
const bulkBytes = 1024;
/** Parts of the transfer are looked at each so often. */
const stepMs = 500;

/**
 * While a bandwidth fault was on, the link carried its transfer at about the allowed rate, over any part of it of the
 * given length. The transfer lasts from its first large record to its last; a window without so long a transfer proves
 * nothing.
 */
export const goodput: Checker<Parameters> = {
  name: 'goodput',
  role: 'proof',
  proves: ['bandwidth'],
  about: 'Over any part of the transfer the link carried about as many bytes a second as the fault allows.',
  parameters,
  judge(record, options) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'bandwidth').filter(({ links }) => links.includes(options.link));
    if (windows.length === 0) clauses.broken(`no bandwidth of ${options.link} was limited`);
    const seen = recordsReceived(record, options.link, options.direction, clauses);
    if (seen === null) return clauses.finding();
    for (const window of windows) {
      const rates = ratesIn(window, seen, options);
      const [least, most] = [Math.round(Math.min(...rates)), Math.round(Math.max(...rates))];
      const { rate } = window.parameters as { readonly rate: number };
      const figures = `${least} to ${most} B/s in ${rates.length} parts of ${options.overMs} ms at ${rate} B/s`;
      if (rates.length === 0)
        clauses.broken(`no transfer of ${options.overMs} ms or more while the bandwidth was limited`);
      else if (least >= options.from * rate && most <= options.to * rate) clauses.holds(figures);
      else clauses.broken(`${figures}, expected ${options.from} to ${options.to} of it`);
    }
    return clauses.finding();
  },
};

function ratesIn(
  { fromMs, toMs }: FaultWindow,
  seen: readonly CapturedRecord[],
  { overMs }: Pick<Parameters, 'overMs'>,
): readonly number[] {
  const bulk = seen.filter(({ bytes, firstMs, lastMs }) => bytes >= bulkBytes && firstMs >= fromMs && lastMs <= toMs);
  if (bulk.length === 0) return [];
  const [startMs, endMs] = [bulk[0]!.firstMs, Math.max(...bulk.map(({ lastMs }) => lastMs))];
  const rates: number[] = [];
  for (let atMs = startMs; atMs + overMs <= endMs; atMs += stepMs) {
    rates.push((bytesBetween(seen, atMs, atMs + overMs) * 1000) / overMs);
  }
  return rates;
}
