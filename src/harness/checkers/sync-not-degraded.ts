import { z } from 'zod';
import { type Spread, syncedBytes, syncedItems } from '../history/baseline.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { type BusyPeriod, busyPeriods, type Delivery, deliveriesOf, obstructionsIn } from './deliveries.ts';
import { judgeTiming } from './lag.ts';
import { minimumTimes, slowPath } from './slow-paths.ts';

const cleanTimes = 10;
/** For as many items as X has: one to come to the relay, another to be told of and fetched; each link may need both. */
const roundTrips = 2;

interface Completion {
  readonly tookMs: number;
  readonly boundMs: number;
  readonly open: readonly Delivery[];
}

/**
 * Whenever something was under way, all of it had arrived in time, counted from the last moment at which anything was
 * added or stood in its way. In time: ten times what as much took on the clean network, a mebibyte at least, or three
 * times the physical minimum of the delays and rates in force, whichever is larger.
 */
export const syncNotDegraded: Checker<Record<string, never>> = {
  name: 'sync-not-degraded',
  role: 'invariant',
  about:
    'What is under way and free to pass arrives within ten times the clean baseline, or three times the physical minimum.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const clean = record.baseline?.sync;
    if (!record.can.includes('cursor'))
      clauses.notRun('how long syncing takes (the system does not announce what it receives)');
    else if (clean === undefined || clean === null) clauses.unknown('no baseline of a clean network to compare with');
    else if (isHeldBack(record))
      clauses.notRun('how long syncing takes (the relay’s limit on messages held pushes back)');
    else judgePeriods(record, clean, clauses);
    return clauses.finding();
  },
};

function judgePeriods(record: TrialRecord, clean: Spread, clauses: Clauses): void {
  const deliveries = deliveriesOf(record);
  const obstructions = obstructionsIn(record, deliveries);
  const completions = busyPeriods(deliveries).flatMap((period) => {
    const freeMs = Math.max(
      ...period.deliveries.map(({ acceptedMs }) => acceptedMs),
      ...obstructions(period.deliveries)
        .filter(({ fromMs, toMs }) => fromMs <= period.toMs && toMs >= period.fromMs)
        .map(({ toMs }) => toMs),
    );
    return freeMs >= period.toMs ? [] : [completionOf(record, clean, period, freeMs)];
  });
  if (deliveries.length === 0) clauses.unknown('nothing is known to have come from one node to another');
  else if (completions.length === 0) clauses.notRun('how long syncing takes (nothing was under way and free to pass)');
  const closest = completions.toSorted((one, other) => other.tookMs / other.boundMs - one.tookMs / one.boundMs)[0];
  if (closest === undefined) return;
  const { tookMs, boundMs, open } = closest;
  const figures = `${completions.length} times all arrived, at the closest ${open.length} items in ${Math.round(tookMs)} of ${Math.round(boundMs)} ms (clean ${clean.medianMs} ms)`;
  const late = completions
    .filter((one) => one.tookMs > one.boundMs)
    .map((one) => `${one.open.length} items took ${Math.round(one.tookMs)} of ${Math.round(one.boundMs)} ms`);
  judgeTiming(record, clauses, Math.round(boundMs), late, 'times that syncing took too long', figures);
}

function completionOf(record: TrialRecord, clean: Spread, period: BusyPeriod, freeMs: number): Completion {
  const open = period.deliveries.filter(({ receivedMs }) => receivedMs > freeMs);
  const share = Math.max(1, bytesOf(open) / syncedBytes, open.length / syncedItems);
  const minimumMs = physicalMinimumMs(record, open, { ...period, fromMs: freeMs });
  return {
    tookMs: period.toMs - freeMs,
    boundMs: Math.max(cleanTimes * share * clean.medianMs, minimumTimes * minimumMs),
    open,
  };
}

/** Round trips on the links an item passes, and what each link must carry at its rate. */
function physicalMinimumMs(record: TrialRecord, open: readonly Delivery[], { fromMs, toMs }: BusyPeriod): number {
  const paths = new Map(record.nodes.map((node) => [node, slowPath(record, node, fromMs, toMs)]));
  const share = Math.max(1, open.length / syncedItems);
  const roundTripMs = (node: string) => share * roundTrips * paths.get(node)!.roundTripMs;
  const from = (node: string) => open.filter(({ author }) => author === node);
  const waiting = open.map(({ author, node }) => roundTripMs(author) + roundTripMs(node));
  const carrying = record.nodes.flatMap((node) => [
    // However many nodes wait for it, an item goes up once.
    paths.get(node)!.transferMs('up', bytesOf([...new Map(from(node).map((one) => [one.item, one])).values()])),
    paths.get(node)!.transferMs('down', bytesOf(open.filter((one) => one.node === node))),
  ]);
  return Math.max(0, ...waiting) + Math.max(0, ...carrying);
}

function bytesOf(deliveries: readonly Delivery[]): number {
  return deliveries.reduce((sum, { bytes }) => sum + bytes, 0);
}

function isHeldBack({ collected: { relay } }: TrialRecord): boolean {
  const count = (rejects: Readonly<Record<string, number>> = {}) => rejects.RATE_LIMITED ?? 0;
  return count(relay.stats?.rejects) > count(relay.baseline?.rejects);
}
