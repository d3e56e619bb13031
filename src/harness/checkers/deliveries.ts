/** What was under way from one node to another, when, and what stood in its way. */
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import { ledgerOf } from './ledger.ts';
import { onlySlows } from './slow-paths.ts';
import { armedWindows, injectionBeganMs } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

/** One item on its way to one node: accepted by its author, then announced by the node. */
export interface Delivery {
  readonly item: string;
  readonly author: string;
  readonly node: string;
  readonly bytes: number;
  readonly acceptedMs: number;
  readonly receivedMs: number;
}

/** From the moment something was under way until nothing was. */
export interface BusyPeriod {
  readonly fromMs: number;
  readonly toMs: number;
  readonly deliveries: readonly Delivery[];
}

/**
 * Accepted items that arrived later, each at each node. What never arrived, and what a node refused and asked for again
 * in its own time, is for other checks.
 */
export function deliveriesOf(record: TrialRecord): readonly Delivery[] {
  const received = new Map<string, number>();
  const refused = new Set<string>();
  for (const { node, event, atMs } of entriesOf(record.entries, 'event')) {
    if (event.event === 'refused') refused.add(`${node} ${event.cursor}`);
    if (event.event !== 'received' || refused.has(`${node} ${event.cursor}`)) continue;
    const key = `${node} ${event.item}`;
    if (!received.has(key)) received.set(key, atMs);
  }
  return ledgerOf(record).pushes.flatMap(({ node: author, item, bytes, outcome, answered }) =>
    record.nodes.flatMap((node) => {
      const receivedMs = received.get(`${node} ${item}`);
      if (outcome !== 'accepted' || node === author || receivedMs === undefined) return [];
      const acceptedMs = answered!.atMs;
      const delivery = { item: item!, author, node, bytes: bytes ?? 0, acceptedMs, receivedMs };
      return receivedMs <= acceptedMs ? [] : [delivery];
    }),
  );
}

export function busyPeriods(deliveries: readonly Delivery[]): readonly BusyPeriod[] {
  const periods: { fromMs: number; toMs: number; deliveries: Delivery[] }[] = [];
  for (const delivery of deliveries.toSorted((one, other) => one.acceptedMs - other.acceptedMs)) {
    const last = periods.at(-1);
    if (last !== undefined && delivery.acceptedMs <= last.toMs) {
      last.deliveries.push(delivery);
      last.toMs = Math.max(last.toMs, delivery.receivedMs);
    } else {
      periods.push({ fromMs: delivery.acceptedMs, toMs: delivery.receivedMs, deliveries: [delivery] });
    }
  }
  return periods;
}

/** Something kept items from passing between two nodes; both ends belong to it. */
export interface Obstruction {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Says what stood in the way of items from one node to another: one of them without a connection, a paused process, a
 * fault that does more than slow, or a load that did as much. Where connections outlived such a fault, the way is free
 * again only when what was under way at the heal has passed: what the kernel still waits for is not the system’s.
 */
export function obstructionsIn(
  record: TrialRecord,
  deliveries: readonly Delivery[],
): (some: readonly Delivery[]) => readonly Obstruction[] {
  const away = new Map(record.nodes.map((node) => [node, absencesOf(record, node)]));
  const paused = pausesOf(record);
  const blocked = disturbancesIn(record);
  const ofWay = (between: readonly Delivery[]): readonly Obstruction[] => {
    const { author, node } = between[0]!;
    const faults = blocked.map(({ fromMs, toMs, links }) => {
      const touched = [author, node].filter((one) => links.length === 0 || links.includes(one));
      const isOver = touched.every((one) => away.get(one)!.some((absence) => isDuring(absence, toMs)));
      return { fromMs, toMs: isOver ? toMs : freeAgainMs(between, toMs) };
    });
    return [...away.get(author)!, ...away.get(node)!, ...paused, ...faults];
  };
  const wayOf = ({ author, node }: Delivery) => `${author} ${node}`;
  const ways = new Map([...Map.groupBy(deliveries, wayOf)].map(([way, between]) => [way, ofWay(between)]));
  return (some) => [...new Set(some.map(wayOf))].flatMap((way) => ways.get(way)!);
}

/** What was under way at the heal has passed, or the first item after it where there was nothing. */
function freeAgainMs(between: readonly Delivery[], healedMs: number): number {
  let passedMs = -Infinity;
  let nextMs = Infinity;
  for (const { acceptedMs, receivedMs } of between) {
    if (receivedMs < healedMs) continue;
    if (acceptedMs <= healedMs) passedMs = Math.max(passedMs, receivedMs);
    nextMs = Math.min(nextMs, receivedMs);
  }
  return passedMs === -Infinity ? nextMs : passedMs;
}

function isDuring({ fromMs, toMs }: Obstruction, atMs: number): boolean {
  return fromMs <= atMs && atMs <= toMs;
}

export interface Disturbance extends Obstruction {
  /** Empty: of every link. */
  readonly links: readonly string[];
}

/** When faults that do more than slow were on, or a step of the load did as much. */
export function disturbancesIn(record: TrialRecord): readonly Disturbance[] {
  const faults = armedWindows(record).filter((window) => !onlySlows(window));
  return [
    ...faults.map((window) => ({
      fromMs: injectionBeganMs(record, window),
      toMs: window.toMs,
      links: window.links,
    })),
    ...witnessesOf(record, 'link-disturbed').map(({ value: { node, fromMs, untilMs } }) => ({
      fromMs,
      toMs: untilMs,
      links: [node],
    })),
  ];
}

/** From the trial’s begin or a lost connection until the node is connected. */
function absencesOf(record: TrialRecord, node: string): readonly Obstruction[] {
  const absences: Obstruction[] = [];
  let sinceMs: number | null = record.entries[0]?.atMs ?? 0;
  for (const entry of record.entries) {
    const hasEnded = entry.kind === 'process' && entry.target === node && entry.event !== 'started';
    if (entry.kind === 'event' && entry.node === node && entry.event.event === 'state') {
      const isConnected = ['connected', 'degraded'].includes(entry.event.state);
      if (isConnected && sinceMs !== null) absences.push({ fromMs: sinceMs, toMs: entry.atMs });
      sinceMs = isConnected ? null : (sinceMs ?? entry.atMs);
    } else if (hasEnded && !['paused', 'resumed'].includes(entry.event)) sinceMs ??= entry.atMs;
  }
  return sinceMs === null ? absences : [...absences, { fromMs: sinceMs, toMs: Infinity }];
}

function pausesOf(record: TrialRecord): readonly Obstruction[] {
  const processes = entriesOf(record.entries, 'process');
  return processes
    .filter(({ event }) => event === 'paused')
    .map((pause) => {
      const resumed = processes.find(
        ({ index, event, target }) => index > pause.index && event === 'resumed' && target === pause.target,
      );
      return { fromMs: pause.atMs, toMs: resumed?.atMs ?? Infinity };
    });
}
