import { z } from 'zod';
import { type EntryOf, entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { type Ledger, ledgerOf } from './ledger.ts';
import { judgeAbsence } from './missing.ts';
import { readVector } from './vector.ts';
import { vectorsOf, witnessesOf } from './witnesses.ts';

/** While connected, an outstanding item is asked for at least this often. */
const askEveryMs = 15_000;
/** An announcement travels to the tester before it is written down. */
const announcementMs = 500;
/**
 * A status may have been on its way while something was announced: what a node said of itself this close to a refusal
 * or a recovery may still mean the time before it.
 */
const crossingMs = 100;
/** A connection that lasted at least this long after a reconnect had time to ask. */
const reconnectMs = 5_000;

/**
 * What a node refused stays on its durable list until it is recovered: the list holds it at the end (unless the node’s
 * cursor waits below it), whenever somebody looked meanwhile, a restart included; it is not counted in the vector; it is
 * asked for again on each reconnect and at least every 15 s. Refusals are known from the nodes’ announcements.
 *
 * Not checked: entries that nobody saw refused, because listing too much loses nothing; asking on a connection that
 * ended within 5 s. Without any refusal, empty lists are right.
 */
export const outstandingKept: Checker<Record<string, never>> = {
  name: 'outstanding-kept',
  role: 'invariant',
  about: 'What a node refused stays on a durable list, outside its vector, and is asked for again until it arrives.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    if (!record.can.includes('outstanding')) {
      clauses.notRun('outstanding items (the system keeps no list)');
      return clauses.finding();
    }
    const ledger = ledgerOf(record);
    for (const node of record.nodes) judgeNode(record, node, ledger, clauses);
    return clauses.finding();
  },
};

/** From the refusal of a cursor to its recovery; `toMs` null: still outstanding at the end. */
interface Outstanding {
  readonly cursor: number;
  readonly fromMs: number;
  /** Index of the announcement of its refusal. */
  readonly fromIndex: number;
  readonly toMs: number | null;
  /** Times at which it was asked for or came (well or badly). */
  readonly askedMs: readonly number[];
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

function judgeNode(record: TrialRecord, node: string, ledger: Ledger, clauses: Clauses): void {
  const events = entriesOf(record.entries, 'event').filter((entry) => entry.node === node);
  if (!events.some(({ event }) => event.event === 'state')) {
    clauses.unknown(`${node} announced nothing, so its refusals are not known`);
  }
  const endMs = endOf(record);
  const refusedCursors = new Set(events.flatMap(({ event }) => (event.event === 'refused' ? [event.cursor] : [])));
  const outstanding = [...refusedCursors].flatMap((cursor) => stretchesOutstanding(cursor, events, ledger));
  judgeList(record, node, outstanding, clauses);
  judgeAsking(record, node, outstanding, connectedStretches(record, node, events, endMs), endMs, clauses);
  judgeVector(record, node, outstanding, ledger, clauses);
}

/** Collecting itself is not observed: what happens then is not held against a node. */
function endOf(record: TrialRecord): number {
  const collecting = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'collecting');
  return collecting?.atMs ?? record.entries.at(-1)?.atMs ?? 0;
}

function stretchesOutstanding(
  cursor: number,
  events: readonly EntryOf<'event'>[],
  ledger: Ledger,
): readonly Outstanding[] {
  const found: Outstanding[] = [];
  let refused: EntryOf<'event'> | null = null;
  let askedMs: number[] = [];
  const close = (toMs: number | null) => {
    if (refused !== null) found.push({ cursor, fromMs: refused.atMs, fromIndex: refused.index, toMs, askedMs });
    refused = null;
    askedMs = [];
  };
  for (const entry of events) {
    const { atMs, event } = entry;
    if (event.event === 'gap') {
      if (event.fromCursor <= cursor && cursor <= event.toCursor) close(atMs);
    } else if (event.event === 'refused' && event.cursor === cursor) {
      refused ??= entry;
      askedMs.push(atMs);
    } else if (event.event === 'asked-again' && event.cursor === cursor) askedMs.push(atMs);
    else if (event.event === 'recovered' && event.cursor === cursor) {
      askedMs.push(atMs);
      close(atMs);
    }
  }
  const deletedMs = deletionOf(cursor, ledger);
  close(deletedMs);
  return found;
}

/** A tombstone ends the waiting for its item. */
function deletionOf(cursor: number, ledger: Ledger): number | null {
  const item = [...ledger.facts].find(([, { cursors }]) => cursors.has(cursor))?.[0];
  if (item === undefined || !(ledger.deleted.has(item) || ledger.perhapsDeleted.has(item))) return null;
  return ledger.deletions.find((deletion) => deletion.item === item)?.invokedMs ?? null;
}

function judgeList(record: TrialRecord, node: string, outstanding: readonly Outstanding[], clauses: Clauses): void {
  const collected = record.collected.nodes[node];
  const list = collected?.outstanding ?? null;
  if (collected === undefined || list === null) {
    judgeAbsence(record, clauses, `nodes.${node}.outstanding`, `outstanding list of ${node}`);
    return;
  }
  judgeSnapshots(record, node, outstanding, clauses);
  const open = outstanding.filter(({ toMs }) => toMs === null);
  const dropped = open.filter(
    ({ cursor }) =>
      !list.some((entry) => entry.cursor === cursor) && !(collected.cursor !== null && collected.cursor < cursor),
  );
  clauses.none(
    dropped.map(({ cursor }) => `${node} refused cursor ${cursor}, never got it, and no longer lists it`),
    'outstanding items forgotten',
    `${list.length} on the list of ${node}, ${outstanding.length - open.length} recovered`,
  );
}

/** Whenever somebody looked at the list meanwhile, it held what was outstanding. */
function judgeSnapshots(
  record: TrialRecord,
  node: string,
  outstanding: readonly Outstanding[],
  clauses: Clauses,
): void {
  const restarts = entriesOf(record.entries, 'process').filter((entry) => entry.target === node);
  const seen = witnessesOf(record, 'outstanding').filter(({ value }) => value.node === node);
  const forgotten: string[] = [];
  for (const { cursor, fromMs, fromIndex, toMs } of outstanding) {
    for (const { entry, value } of seen) {
      if (value.cursors === null || entry.index < fromIndex || (toMs !== null && entry.atMs >= toMs)) continue;
      // After a restart nothing said before it can still be on its way.
      const isRestarted = restarts.some(({ index }) => fromIndex < index && index < entry.index);
      if (!isRestarted && entry.atMs < fromMs + crossingMs) continue;
      const isWaiting = typeof value.cursor === 'number' && value.cursor < cursor;
      if (!value.cursors.includes(cursor) && !isWaiting) {
        forgotten.push(`cursor ${cursor} was not on the list of ${node}${isRestarted ? ' after a restart' : ''}`);
      }
    }
  }
  clauses.none(forgotten, 'outstanding items missing from a list', `${seen.length} looks at the list of ${node}`);
}

/** Connected or degraded, from one announcement of a state to the next or to the end of the process. */
function connectedStretches(
  record: TrialRecord,
  node: string,
  events: readonly EntryOf<'event'>[],
  endMs: number,
): readonly Stretch[] {
  const downs = entriesOf(record.entries, 'process')
    .filter((entry) => entry.target === node && entry.event !== 'started' && entry.event !== 'resumed')
    .map(({ index, atMs }) => ({ index, atMs, isConnected: false }));
  const states = events.flatMap(({ index, atMs, event }) =>
    event.event === 'state'
      ? [{ index, atMs, isConnected: event.state === 'connected' || event.state === 'degraded' }]
      : [],
  );
  const stretches: Stretch[] = [];
  let fromMs: number | null = null;
  for (const { atMs, isConnected } of [...states, ...downs].sort((a, b) => a.index - b.index)) {
    if (isConnected) fromMs ??= atMs;
    else if (fromMs !== null) {
      stretches.push({ fromMs, toMs: atMs });
      fromMs = null;
    }
  }
  if (fromMs !== null && fromMs < endMs) stretches.push({ fromMs, toMs: endMs });
  return stretches;
}

function judgeAsking(
  record: TrialRecord,
  node: string,
  outstanding: readonly Outstanding[],
  connected: readonly Stretch[],
  endMs: number,
  clauses: Clauses,
): void {
  const late: string[] = [];
  let asked = 0;
  for (const { cursor, fromMs, toMs, askedMs } of outstanding) {
    asked += askedMs.length;
    for (const stretch of connected) {
      const from = Math.max(stretch.fromMs, fromMs);
      const to = Math.min(stretch.toMs, toMs ?? endMs);
      if (to <= from) continue;
      const asks = askedMs.filter((atMs) => from <= atMs && atMs <= to);
      const isReconnect = stretch.fromMs > fromMs;
      if (isReconnect && asks.length === 0 && to - from >= reconnectMs) {
        late.push(`${node} reconnected and did not ask for cursor ${cursor} again in ${Math.round(to - from)} ms`);
      }
      const longest = longestGap([from, ...asks, to]);
      if (longest > askEveryMs + announcementMs) {
        late.push(`${node} did not ask for cursor ${cursor} again for ${Math.round(longest)} ms`);
      }
    }
  }
  judgeTiming(
    record,
    clauses,
    askEveryMs,
    late,
    'outstanding items not asked for',
    `${asked} times asked again by ${node}`,
  );
}

function longestGap(times: readonly number[]): number {
  return Math.max(0, ...times.slice(1).map((atMs, index) => atMs - times[index]!));
}

function judgeVector(
  record: TrialRecord,
  node: string,
  outstanding: readonly Outstanding[],
  ledger: Ledger,
  clauses: Clauses,
): void {
  if (outstanding.length === 0) return;
  if (!record.can.includes('vector')) {
    clauses.notRun('outstanding items in the vector (the system has none)');
    return;
  }
  const counted: string[] = [];
  const vectors = vectorsOf(record, node);
  for (const { cursor, fromMs, toMs } of outstanding) {
    const facts = [...ledger.facts.values()].find(({ cursors }) => cursors.has(cursor));
    const author = [...(facts?.authors ?? [])][0];
    const sequence = [...(facts?.sequences ?? [])][0];
    if (author === undefined || sequence === undefined) {
      clauses.unknown(`nobody knows whose item cursor ${cursor} is, so its place in the vector cannot be judged`);
      continue;
    }
    for (const { atMs, vector } of vectors) {
      if (atMs <= fromMs || (toMs !== null && atMs >= toMs - crossingMs)) continue;
      if ((readVector(vector).vector.get(author) ?? 0) >= sequence) {
        counted.push(`${node} counts cursor ${cursor} in its vector while it is outstanding`);
      }
    }
  }
  clauses.none(counted, 'outstanding items counted in a vector', 'no outstanding item in a vector');
}
