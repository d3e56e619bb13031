import type { NodeEvent } from '../../contract/control.ts';
import type { RelayStats } from '../../contract/relay-stats.ts';
import type { TapEntry, TapRecord } from '../../contract/tap.ts';
import { handshakeMessage, preambleBytes, recordPrefixBytes } from '../../contract/wire.ts';
import { concat, toBase64Url } from '../../support/bytes.ts';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import type { CapturedConnection, CapturedRecord, Collected, SourceSearch } from '../history/collected.ts';
import type { HistoryEntry, HistoryFact } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker, Finding } from './checker.ts';

/** A record that tests may change in any place. */
export type Draft = Mutable<TrialRecord>;
export type Change = (draft: Draft) => void;

type Mutable<T> = T extends readonly (infer Element)[]
  ? Mutable<Element>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T;

/** Device ids of the two nodes; their first characters tell them apart in messages. */
export const authorA = toBase64Url(new Uint8Array(32).fill(1));
export const authorB = toBase64Url(new Uint8Array(32).fill(2));

/** The fault of the record: 10 s to 20 s, on the link of node-a. */
export const faultFromMs = 10_000;
export const faultToMs = 20_000;

/**
 * A small trial in which everything is as it should be: node-a and node-b push two items each as seed and two in one
 * barrier round, node-a deletes its first (tombstone a9); a loss on node-a’s link lasts from 10 s to 20 s, in which its
 * handshake fails once. Items are a1, a2, … with cursors in the order they were pushed.
 */
export function validRecord(): Draft {
  const entries: HistoryFact[] = [];
  const times: number[] = [];
  const at = (atMs: number, ...facts: HistoryFact[]) => {
    for (const fact of facts) {
      entries.push(fact);
      times.push(atMs);
    }
  };
  at(0, { kind: 'phase', phase: 'opened' });
  for (const node of ['node-a', 'node-b']) {
    at(10, { kind: 'invoked', operation: node === 'node-a' ? 100 : 101, node, op: 'connect', part: 'group' });
    at(20, state(node, 'connecting'), state(node, 'handshaking'), state(node, 'connected'));
  }
  pushes.forEach((push, index) => {
    at(push.atMs, invokedPush(push, index));
    at(push.atMs + 5, answeredPush(push, index));
    at(
      push.atMs + 6,
      event(push.node, {
        event: 'sealed',
        atMs: 0,
        item: push.item,
        sequence: push.sequence,
        payloadDigest: sealedDigest(push.item),
      }),
    );
    at(
      push.atMs + 30,
      event(push.node, { event: 'acked', atMs: 0, item: push.item, cursor: push.cursor, sequence: push.sequence }),
    );
    const other = push.node === 'node-a' ? 'node-b' : 'node-a';
    at(
      push.atMs + 40,
      event(other, {
        event: 'received',
        atMs: 0,
        item: push.item,
        cursor: push.cursor,
        author: push.author,
        sequence: push.sequence,
      }),
    );
    if (push.item === 'b2') {
      at(
        500,
        witness('vector', { node: 'node-a', vector: vectorOf(2, 2) }),
        witness('vector', { node: 'node-b', vector: vectorOf(2, 2) }),
      );
    }
  });
  at(9_000, { kind: 'invoked', operation: 50, node: 'node-a', op: 'delete', part: 'closing', item: 'a1' });
  at(9_001, { kind: 'answered', operation: 50, outcome: 'ok', item: 'a9' });
  at(9_002, event('node-a', { event: 'sealed', atMs: 0, item: 'a9', sequence: 4, payloadDigest: sealedDigest('a9') }));
  at(9_003, event('node-a', { event: 'acked', atMs: 0, item: 'a9', cursor: 7, sequence: 4 }));
  at(9_500, witness('handshake-failures', { node: 'node-a', total: 0 }));
  at(faultFromMs, {
    kind: 'injected',
    fault: 0,
    name: 'loss',
    parameters: { link: ['node-a'], share: 0.2 },
    disarmed: false,
  });
  at(11_000, state('node-a', 'reconnecting', 1), state('node-a', 'connecting', 1), state('node-a', 'handshaking', 1));
  at(12_000, event('node-a', { event: 'handshake-failed', atMs: 0, stage: 'm2', reason: 'agreement', afterMs: 1000 }));
  at(12_001, state('node-a', 'reconnecting', 2));
  at(12_050, witness('pending-handshakes', { node: 'node-a', afterFailureMs: 50, value: 0, sessions: 0 }));
  at(faultToMs, witness('loss', lossOf(500, 100, 60), 0));
  at(faultToMs, { kind: 'healed', fault: 0 });
  at(20_500, witness('handshake-failures', { node: 'node-a', total: 1 }));
  at(21_000, state('node-a', 'connecting', 2), state('node-a', 'handshaking', 2), state('node-a', 'connected'));
  at(21_500, event('node-a', { event: 'acked', atMs: 0, item: 'a3', cursor: 5, sequence: 3 }));
  at(22_000, { kind: 'lag', timerLagMs: 1 });
  at(22_000, { kind: 'settled', reached: true, afterMs: 500 });
  at(
    22_000,
    witness('canaries', {
      labels: { content: 1, passphrase: 1, 'group-secret': 1, 'handshake-secret': 3, 'device-name:node-a': 1 },
    }),
  );
  at(23_000, { kind: 'phase', phase: 'collecting' });
  return {
    scenario: 'S-CONC-01',
    variant: 'seeded',
    iteration: 0,
    seed: 'seed',
    arena: 'docker',
    nodes: ['node-a', 'node-b'],
    can: [
      'live',
      'sealed',
      'ack-relay',
      'outbox',
      'delete',
      'cursor',
      'vector',
      'outstanding',
      'stats',
      'rows',
      'handshake',
      'hooks',
      'pages',
      'log-events',
    ],
    baseline: cleanNetwork,
    entries: entries.map(
      (fact, index) => ({ index, atMs: times[index]!, ...stamped(fact, times[index]!) }) as HistoryEntry,
    ) as Draft['entries'],
    collected: validCollected() as Draft['collected'],
  };
}

interface KnownPush {
  readonly node: string;
  readonly item: string;
  readonly author: string;
  readonly sequence: number;
  readonly cursor: number;
  readonly atMs: number;
  readonly round: number | null;
}

const pushes: readonly KnownPush[] = [
  push('node-a', 'a1', 1, 1, 100),
  push('node-b', 'b1', 1, 2, 200),
  push('node-a', 'a2', 2, 3, 300),
  push('node-b', 'b2', 2, 4, 400),
  { ...push('node-a', 'a3', 3, 5, 1000), round: 0 },
  { ...push('node-b', 'b3', 3, 6, 1004), round: 0 },
];

function push(node: string, item: string, sequence: number, cursor: number, atMs: number): KnownPush {
  return { node, item, author: node === 'node-a' ? authorA : authorB, sequence, cursor, atMs, round: null };
}

export function plainDigest(item: string): string {
  return `plain-${item}`;
}

function sealedDigest(item: string): string {
  return `sealed-${item}`;
}

function invokedPush({ node, item, round }: KnownPush, operation: number): HistoryFact {
  const part = round === null ? 'seed' : 'load[0].barrier-push';
  const base = { kind: 'invoked', operation, node, op: 'push', part, digest: plainDigest(item), bytes: 1024 } as const;
  return round === null ? base : { ...base, round };
}

function answeredPush({ item }: KnownPush, operation: number): HistoryFact {
  return { kind: 'answered', operation, outcome: 'ok', level: 'local', item, cursor: null, sequence: null };
}

export function event(node: string, announced: NodeEvent): HistoryFact {
  return { kind: 'event', node, event: announced };
}

export function state(node: string, name: Extract<NodeEvent, { event: 'state' }>['state'], attempt = 0): HistoryFact {
  return event(node, { event: 'state', atMs: 0, state: name, attempt });
}

export function witness(name: string, value: unknown, fault?: number): HistoryFact {
  return { kind: 'witness', name, value, ...(fault === undefined ? {} : { fault }) };
}

/** What the kernel counted of a loss, all of it on the way up. */
export function lossOf(packetsSeen: number, packetsDropped: number, segmentsRetransmitted: number) {
  return { packetsSeen, packetsDropped, droppedUp: packetsDropped, droppedDown: 0, segmentsRetransmitted };
}

/** The canonical vector of both authors. */
export function vectorOf(a: number, b: number): string {
  return encoded([authorA, a], [authorB, b]);
}

/** Encodes entries as given, in whatever order and with whatever numbers. */
export function encoded(...parts: readonly (readonly [string, number])[]): string {
  const bytes = parts.map(([author, sequence]) => {
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(sequence));
    return concat(Buffer.from(author, 'base64url'), number);
  });
  return Buffer.from(concat(...bytes)).toString('base64');
}

function validCollected(): Collected {
  const items = pushes.map(({ item, author, sequence, cursor }) => ({
    item,
    author,
    sequence,
    cursor,
    bytes: item === 'a1' ? 0 : 1024,
    digest: item === 'a1' ? null : plainDigest(item),
    deleted: item === 'a1',
  }));
  const tombstone = { item: 'a9', author: authorA, sequence: 4, cursor: 7, bytes: 16, digest: null, deleted: false };
  const node = () => ({
    alive: true,
    unscheduledExits: [],
    itemsFrom: 'rows' as const,
    items: [...items, tombstone],
    answeredItems: items,
    vector: vectorOf(4, 3),
    cursor: 7,
    pending: 0,
    outstanding: [],
    fullRescans: 0,
    integrityCheck: 'ok',
  });
  const collected: Collected = {
    nodes: { 'node-a': node(), 'node-b': node() },
    relay: {
      alive: true,
      unscheduledExits: [],
      stats: stats(2),
      baseline: stats(0),
      rows: [...pushes, { ...push('node-a', 'a9', 4, 7, 0) }].map(({ item, cursor, author }) => ({
        item,
        cursor,
        sender: author,
        bytes: 1106,
        payloadDigest: sealedDigest(item),
      })),
      integrityCheck: 'ok',
      closeWait: 0,
    },
    searches: [
      ...['relay-log', 'node-a-log', 'node-b-log', 'toxiproxy-log'].map((source) => search(source, 'log')),
      { ...search('relay.db', 'database'), markFound: false },
      search('relay.db-wal', 'database'),
      search('file:relay', 'file'),
      { ...search('file:relay/crash', 'file'), markFound: false },
      search('page:health', 'page'),
      ...['relay', 'node-a', 'node-b'].map((point) => ({ ...search(`capture:${point}`, 'capture'), opaque: true })),
      search('frames:relay', 'frames'),
    ],
    metadata: { logLines: 40, strayLines: [], pages: ['health', 'metrics'], strayPages: [], markFound: true },
    captures: ['relay', 'node-a', 'node-b'].map((point) => ({
      point,
      packets: 200,
      packetsCounted: 200,
      bytes: 50_000,
      markFound: true,
      peers: ['toxiproxy'],
      openedSessions: 2,
      opaqueSessions: 1,
      connections: point === 'node-a' ? connectionsOfA() : [],
      records: point === 'relay' ? relayRecords() : handshakeRecords(point),
    })),
    tapJournal: validJournal(),
    links: {},
    missing: [],
  };
  // So that no two parts share an array that a test changes.
  return JSON.parse(JSON.stringify(collected));
}

function search(source: string, kind: SourceSearch['kind']): SourceSearch {
  return { source, kind, bytes: 1000, markFound: true, opaque: false, hits: [] };
}

function stats(sessions: number): RelayStats {
  return {
    uptimeMs: 1000,
    sessions: Array.from({ length: sessions }, (_, index) => ({
      session: `s${index}`,
      device: [authorA, authorB][index]!,
      recordsIn: 0,
      recordsOut: 0,
      framesIn: 0,
      framesOut: 0,
      pushesIn: 0,
      openForMs: 0,
    })),
    pendingHandshakes: 0,
    accepts: 0,
    rejects: {},
    recordsIn: 0,
    recordsOut: 0,
    framesIn: 0,
    framesOut: 0,
    heartbeatsIn: 0,
    heartbeatsOut: 0,
    groups: [],
    openDescriptors: 20 + sessions,
    residentBytes: 0,
    cleanupRuns: 0,
    expired: 0,
    deleted: 0,
  };
}

/** As the tap has them: one before the fault, one in it, one after it. */
function connectionsOfA(): CapturedConnection[] {
  return [
    { flow: 'a', openedMs: 20, endedMs: 10_500, wasReset: true },
    { flow: 'a2', openedMs: 11_050, endedMs: 12_000, wasReset: false },
    { flow: 'a3', openedMs: 20_990, endedMs: null, wasReset: false },
  ];
}

/** The barrier round at the relay: both PUSHes, then both acknowledgements; and m1 of a handshake inside the fault. */
function relayRecords(): CapturedRecord[] {
  return [
    captured(1030, 'a', 'up', 10, 1300, ['PUSH']),
    captured(1032, 'b', 'up', 10, 1300, ['PUSH']),
    captured(1034, 'a', 'down', 10, 150, ['PUSH_ACK']),
    captured(1036, 'b', 'down', 10, 150, ['PUSH_ACK']),
    captured(11_100, 'a2', 'up', 0, 1218, null),
  ];
}

/** The first handshake of a node, and what it sent after it. */
function handshakeRecords(node: string): CapturedRecord[] {
  const ways = ['up', 'down', 'up', 'down', 'up'] as const;
  return ways.map((way, place) => captured(12 + place * 0.1, node, way, place >> 1, 1000, null));
}

export function captured(
  atMs: number,
  flow: string,
  direction: 'up' | 'down',
  index: number,
  bytes: number,
  messages: readonly string[] | null,
): CapturedRecord {
  return { firstMs: atMs, lastMs: atMs + 1, flow, session: flow, direction, index, bytes, messages };
}

/** All that was captured at a point. */
export function capturedAt(draft: Draft, point: string, records: readonly CapturedRecord[]): void {
  draft.collected.captures.find((capture) => capture.point === point)!.records =
    records as Draft['collected']['captures'][number]['records'];
}

/**
 * Three connections of node-a: before the fault, in it (m1, then m2 with bit 7 of its byte 1300 flipped, and no more),
 * and after it.
 */
function validJournal(): TapEntry[] {
  const opened = (atMs: number, connection: number): TapEntry[] => [
    { atMs, link: 'node-a', connection, action: 'open' },
    { atMs: atMs + 1, link: 'node-a', connection, action: 'preamble', bytes: preambleBytes },
  ];
  const m2 = handshakeRecord('m2', 9);
  const flipped = m2.slice();
  flipped[recordPrefixBytes + 1300]! ^= 1;
  return [
    ...opened(20, 0),
    tapped(30, 0, 'up', 0, handshakeRecord('m1', 1)),
    tapped(31, 0, 'down', 0, handshakeRecord('m2', 8)),
    tapped(32, 0, 'up', 1, handshakeRecord('m3', 8)),
    ...opened(11_050, 1),
    tapped(11_100, 1, 'up', 0, handshakeRecord('m1', 2)),
    { ...tapped(11_110, 1, 'down', 0, m2, flipped), action: 'flip' },
    ...opened(20_990, 2),
    tapped(21_000, 2, 'up', 0, handshakeRecord('m1', 3)),
    tapped(21_010, 2, 'down', 0, handshakeRecord('m2', 7)),
    tapped(21_020, 2, 'up', 1, handshakeRecord('m3', 7)),
  ];
}

/** A handshake record of the right size, every byte of its message `fill`. */
export function handshakeRecord(stage: 'm1' | 'm2' | 'm3' | 'm4', fill: number): Uint8Array {
  const { bytes } = handshakeMessage('hybrid', stage);
  return concat(Uint8Array.of(bytes >> 8, bytes & 0xff), new Uint8Array(bytes).fill(fill));
}

export function tapped(
  atMs: number,
  connection: number,
  direction: 'up' | 'down',
  record: number,
  before: Uint8Array,
  after = before,
): TapRecord {
  return {
    atMs,
    link: 'node-a',
    connection,
    direction,
    record,
    bytesBefore: before.length,
    bytesAfter: after.length,
    digestBefore: 'before',
    digestAfter: 'after',
    action: 'forward',
    rawBefore: Buffer.from(before).toString('base64'),
    rawAfter: Buffer.from(after).toString('base64'),
  };
}

/** Adds a fact at a time, keeping entries in order of time and numbered. */
export function insert(draft: Draft, atMs: number, ...facts: readonly HistoryFact[]): void {
  const added = facts.map((fact) => ({ index: 0, atMs, ...stamped(fact, atMs) }) as Draft['entries'][number]);
  const place = draft.entries.findIndex((entry) => entry.atMs > atMs);
  draft.entries.splice(place < 0 ? draft.entries.length : place, 0, ...added);
  renumber(draft);
}

/** What is announced without a time was announced when it was heard. */
function stamped(fact: HistoryFact, atMs: number): HistoryFact {
  return fact.kind === 'event' && fact.event.atMs === 0 ? { ...fact, event: { ...fact.event, atMs } } : fact;
}

/** Takes out the entries that match. */
export function remove(draft: Draft, matches: (entry: HistoryEntry) => boolean): void {
  draft.entries = draft.entries.filter((entry) => !matches(entry as HistoryEntry));
  renumber(draft);
}

function renumber(draft: Draft): void {
  draft.entries.forEach((entry, index) => {
    entry.index = index;
  });
}

/** Changes the entries that match, in place; the test fails when none does. */
export function edit(draft: Draft, matches: (entry: HistoryEntry) => boolean, change: Record<string, unknown>): void {
  const found = draft.entries.filter((entry) => matches(entry as HistoryEntry));
  if (found.length === 0) throw new Error('no entry matches');
  for (const entry of found) Object.assign(entry, change);
}

/** Matches the announcements of one kind, of one item if given. */
export function isEvent(name: NodeEvent['event'], item?: string) {
  return (entry: HistoryEntry) =>
    entry.kind === 'event' &&
    entry.event.event === name &&
    (item === undefined || ('item' in entry.event && entry.event.item === item));
}

/** The injection of the record’s fault. */
export function beginsFault(entry: HistoryEntry): boolean {
  return entry.kind === 'injected';
}

/** What a checker says of the valid record after a change. */
export function judged<Parameters>(checker: Checker<Parameters>, change: Change, parameters: unknown = {}): Finding {
  const draft = validRecord();
  change(draft);
  return checker.judge(draft as TrialRecord, checker.parameters.parse(parameters));
}

/** One row of a table: what is changed in the valid record, and what the checker must say then. */
export interface Row {
  readonly says: Finding['verdict'];
  readonly when: string;
  readonly change: Change;
  readonly parameters?: unknown;
  /** Part of the reason or of a witness, so that the row fails for the right reason. */
  readonly naming?: string;
}

/** All that a finding tells, in one text. */
export function told({ because, witnesses }: Finding): string {
  return [because, ...(witnesses ?? [])].join('\n');
}
