import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { CapturedRecord } from '../history/collected.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming, largestLagMs } from './lag.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({
  /** Whose pushes are timed. */
  node: nodeName,
  /** At most so many times what it was before the fault … */
  times: z.number().min(1),
  /** … and so much more. */
  plusMs: z.number().nonnegative().default(0),
  percentile: z.number().gt(0).max(100).default(99),
  /** Fewer pushes than this, before the fault or in it, tell nothing. */
  count: z.number().int().positive().default(5),
});

/** A machine whose timers come late explains no more than so many times that. */
const lagsMax = 20;

interface Answered {
  readonly atMs: number;
  /** Infinite: the acknowledgement never came. */
  readonly tookMs: number;
}

/**
 * While a fault was on, the acknowledgements of another node came about as soon as before it: a high percentile of the
 * time from push to acknowledgement, on the node's own wire, against the same of the same trial before the fault.
 */
export const latencyWithin: Checker<z.output<typeof parameters>> = {
  name: 'latency-within',
  role: 'reaction',
  about: 'A node’s pushes were acknowledged about as fast while the fault was on as before it in the same trial.',
  parameters,
  judge(record, { node, times, plusMs, percentile, count }) {
    const clauses = new Clauses();
    const windows = armedWindows(record);
    if (windows.length === 0) clauses.unknown('no fault was on');
    const startMs = loadStartMs(record.entries) ?? Number.POSITIVE_INFINITY;
    const seen = record.collected.captures.find(({ point }) => point === node)?.records ?? [];
    const pushes = answersTo(seen).filter(({ atMs }) => atMs >= startMs);
    for (const { name, fromMs, toMs } of windows) {
      const before = pushes.filter(({ atMs }) => atMs < fromMs);
      const inside = pushes.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
      if (Math.min(before.length, inside.length) < count) {
        clauses.unknown(
          `${before.length} pushes of ${node} before ${name}, ${inside.length} in it, expected ${count} each`,
        );
        continue;
      }
      const [usualMs, gotMs] = [percentileOf(before, percentile), percentileOf(inside, percentile)];
      const boundMs = usualMs * times + plusMs;
      const figures = `p${percentile} of ${node} ${gotMs.toFixed(1)} ms in ${name}, ${usualMs.toFixed(1)} ms before, allowed ${boundMs.toFixed(1)} ms`;
      const what = 'pushes slower than allowed';
      if (gotMs - boundMs > lagsMax * largestLagMs(record)) clauses.broken(what, [figures]);
      else judgeTiming(record, clauses, boundMs, gotMs <= boundMs ? [] : [figures], what, figures);
    }
    return clauses.finding();
  },
};

function loadStartMs(entries: Parameters<typeof entriesOf>[0]): number | null {
  return entriesOf(entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs ?? null;
}

/** The relay answers pushes in their order, so the nth acknowledgement of a connection is that of its nth push. */
function answersTo(records: readonly CapturedRecord[]): readonly Answered[] {
  return [...Map.groupBy(records, ({ flow }) => flow).values()].flatMap((flow) => {
    const timesOf = (type: string) =>
      flow.flatMap(({ messages, lastMs }) => (messages ?? []).filter((one) => one === type).map(() => lastMs));
    const answers = timesOf('PUSH_ACK');
    return timesOf('PUSH').map((atMs, index) => ({
      atMs,
      tookMs: (answers[index] ?? Number.POSITIVE_INFINITY) - atMs,
    }));
  });
}

/** By nearest rank. */
function percentileOf(answered: readonly Answered[], percentile: number): number {
  const sorted = answered.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  return sorted[Math.ceil((percentile / 100) * sorted.length) - 1]!;
}
