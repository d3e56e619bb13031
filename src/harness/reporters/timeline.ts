import { faultWindows } from '../checkers/windows.ts';
import { type EntryOf, entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import { curvesOf, figuresOf } from './curves.ts';
import type { FaultWindowView, MarkKind, OperationEnd, OperationView, Timeline } from './report-data.ts';

type Mark = Timeline['marks'][number];
type NodeEvent = EntryOf<'event'>['event'];

/** The record of one trial as lanes over time, with at most `detailMax` operations and as many marks. */
export function timelineOf(record: TrialRecord, detailMax: number): Timeline | null {
  const { entries } = record;
  const first = entries[0];
  if (first === undefined) return null;
  const sinceMs = (atMs: number) => rounded(atMs - first.atMs);
  const spanMs = sinceMs(entries.at(-1)!.atMs);
  const lanes = [...record.nodes, 'relay', 'tester'];
  const laneOf = (name: string) => Math.max(0, lanes.indexOf(lanes.includes(name) ? name : 'tester'));

  const operations = operationsOf(record, laneOf, sinceMs);
  const marks = marksOf(record, laneOf, sinceMs);
  const shownOperations = thinned(operations, detailMax, ([, , , , end]) => end !== 'acked');
  const shownMarks = thinned(marks, detailMax, ([, kind]) => kind !== 'received');
  return {
    spanMs,
    lanes,
    phases: entriesOf(entries, 'phase').map(({ phase, atMs }, index, all) => [
      phase,
      sinceMs(atMs),
      index + 1 < all.length ? sinceMs(all[index + 1]!.atMs) : spanMs,
    ]),
    windows: windowsOf(record, laneOf, sinceMs),
    states: statesOf(record, laneOf, sinceMs, spanMs),
    operations: shownOperations,
    marks: shownMarks,
    leftOut: operations.length - shownOperations.length + marks.length - shownMarks.length,
    curves: curvesOf(record, sinceMs),
    figures: figuresOf(record),
  };
}

type LaneOf = (name: string) => number;
type SinceMs = (atMs: number) => number;

function operationsOf(record: TrialRecord, laneOf: LaneOf, sinceMs: SinceMs): OperationView[] {
  const answers = new Map(entriesOf(record.entries, 'answered').map((entry) => [entry.operation, entry]));
  const acks = new Map(eventsOf(record, 'acked').map(({ node, event, atMs }) => [`${node}/${event.item}`, atMs]));
  return entriesOf(record.entries, 'invoked').map((invoked): OperationView => {
    const { node, op, atMs, part } = invoked;
    const answered = answers.get(invoked.operation);
    const ackedMs = answered === undefined ? undefined : ackTime(answered, acks.get(`${node}/${answered.item}`));
    const end: OperationEnd = ackedMs === undefined ? (answered?.outcome ?? 'unknown') : 'acked';
    const toMs = ackedMs ?? answered?.atMs;
    return [laneOf(node), op, sinceMs(atMs), toMs === undefined ? null : sinceMs(toMs), end, part];
  });
}

/** When the tester learned that the relay has it: from the node's announcement or from the answer itself. */
function ackTime(answered: EntryOf<'answered'>, announcedMs: number | undefined): number | undefined {
  if (answered.outcome !== 'ok') return undefined;
  if (answered.level !== 'relay') return announcedMs;
  return announcedMs === undefined ? answered.atMs : Math.min(announcedMs, answered.atMs);
}

function marksOf(record: TrialRecord, laneOf: LaneOf, sinceMs: SinceMs): Mark[] {
  const marks: Mark[] = record.entries.flatMap((entry) => {
    const mark = (lane: string, kind: MarkKind, text: string): Mark[] => [
      [laneOf(lane), kind, sinceMs(entry.atMs), text],
    ];
    switch (entry.kind) {
      case 'event':
        return eventMark(entry.event).flatMap(([kind, text]) => mark(entry.node, kind, text));
      case 'process':
        return mark(entry.target, 'process', `${entry.target} ${entry.event}`);
      case 'witness': {
        const node = (entry.value as { node?: unknown } | null)?.node;
        const isCut = entry.name.startsWith('cut') && typeof node === 'string';
        return isCut ? mark(node, 'cut', `link cut (${entry.name})`) : [];
      }
      case 'gave-up':
        return mark('tester', 'tester', `gave up waiting for ${entry.waitedFor}`);
      case 'settled':
        return mark(
          'tester',
          'tester',
          `${entry.reached ? 'settled' : 'not settled'} after ${Math.round(entry.afterMs)} ms`,
        );
      case 'world':
        return mark('tester', 'world', entry.what);
      default:
        return [];
    }
  });
  const taps = (record.collected.tapJournal ?? []).flatMap((tap): Mark[] => {
    if (tap.action === 'open' || tap.action === 'preamble' || tap.action === 'forward') return [];
    const text = `tap: ${tap.action}, ${tap.direction} record ${tap.record} of connection ${tap.connection}`;
    return [[laneOf(tap.link), 'tap', sinceMs(tap.atMs), text]];
  });
  return [...marks, ...taps];
}

function eventMark(event: NodeEvent): [MarkKind, string][] {
  switch (event.event) {
    case 'received':
      return [['received', `received cursor ${event.cursor}`]];
    case 'handshake-failed':
      return [
        ['failure', `handshake failed at ${event.stage}: ${event.reason}, after ${Math.round(event.afterMs)} ms`],
      ];
    case 'refused':
      return [['refused', `refused cursor ${event.cursor}: ${event.reason}`]];
    case 'recovered':
      return [['recovered', `recovered cursor ${event.cursor}`]];
    case 'gap':
      return [['refused', `gap from cursor ${event.fromCursor} to ${event.toCursor}`]];
    default:
      return [];
  }
}

function windowsOf(record: TrialRecord, laneOf: LaneOf, sinceMs: SinceMs): FaultWindowView[] {
  const witnesses = entriesOf(record.entries, 'witness');
  const healed = entriesOf(record.entries, 'healed');
  const injected = entriesOf(record.entries, 'injected');
  return faultWindows(record).map(({ fault, name, links, fromMs, toMs, armed }) => ({
    name,
    parameters: plainJson(injected.find((entry) => entry.fault === fault)?.parameters),
    lanes: links.map(laneOf),
    fromMs: sinceMs(fromMs),
    toMs: sinceMs(toMs),
    armed,
    healError: healed.find((entry) => entry.fault === fault && entry.error !== undefined)?.error ?? null,
    witnesses: witnesses
      .filter((entry) => entry.fault === fault)
      .map((entry) => [entry.name, plainJson(entry.value)] as const),
  }));
}

function statesOf(record: TrialRecord, laneOf: LaneOf, sinceMs: SinceMs, spanMs: number): Timeline['states'] {
  const changes = eventsOf(record, 'state');
  return changes.map(({ node, event, atMs }, index) => {
    const next = changes.slice(index + 1).find((change) => change.node === node);
    return [laneOf(node), event.state, sinceMs(atMs), next === undefined ? spanMs : sinceMs(next.atMs)];
  });
}

/** A node's announcements of one kind, with the tester's time: a node's own clock may be skewed on purpose. */
function eventsOf<Kind extends NodeEvent['event']>(record: TrialRecord, kind: Kind) {
  return entriesOf(record.entries, 'event').flatMap(({ node, event, atMs }) =>
    event.event === kind ? [{ node, atMs, event: event as Extract<NodeEvent, { event: Kind }> }] : [],
  );
}

/** All that matter, and an even sample of the others. */
function thinned<Item>(items: readonly Item[], max: number, matters: (item: Item) => boolean): readonly Item[] {
  if (items.length <= max) return items;
  const kept = new Set(items.filter(matters).slice(0, max));
  const others = items.filter((item) => !kept.has(item));
  const room = max - kept.size;
  for (let index = 0; index < room; index += 1) kept.add(others[Math.floor((index * others.length) / room)]!);
  return items.filter((item) => kept.has(item));
}

/** `link: node-a, delay: 20`: short JSON for people. */
function plainJson(value: unknown): string {
  const text = JSON.stringify(value ?? {})
    .replaceAll('"', '')
    .replaceAll(',', ', ')
    .replaceAll(':', ': ');
  return text.startsWith('{') ? text.slice(1, -1) : text;
}

/** A tenth of a millisecond is finer than the page can show. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
