import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import type { CapturedRecord } from '../history/collected.ts';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { countOf } from './traffic.ts';
import { armedWindows } from './windows.ts';
import { recordsAt } from './wire-times.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({ node: nodeNames });

/**
 * On each connection that a node made after a fault came on, its first request for a page asks for what follows the
 * cursor that the node had said it read to, when it was last looked at before: neither from further back nor further on.
 * Where the process ended in between, or more came in after that look, it may have read further than it said; and its own
 * items, acknowledged on this connection before the request, are read as well where they follow.
 *
 * The request is read on the node's own wire. That the node holds all up to that cursor is for `never-beyond-stored`.
 */
export const resumesAtCursor: Checker<z.output<typeof parameters>> = {
  name: 'resumes-at-cursor',
  role: 'reaction',
  about: 'A node that is back asks first for what follows the cursor it had read to, not from further back.',
  parameters,
  judge(record, { node: nodes }) {
    const clauses = new Clauses();
    const fromMs = Math.min(...armedWindows(record).map((window) => window.fromMs));
    if (fromMs === Number.POSITIVE_INFINITY) clauses.unknown('no fault was on');
    else for (const node of nodes) judgeNode(record, clauses, node, fromMs);
    return clauses.finding();
  },
};

function judgeNode(record: TrialRecord, clauses: Clauses, node: string, fromMs: number): void {
  const seen = recordsAt(record, node, clauses);
  if (seen === null) return;
  if (seen.every(({ messages }) => messages === null)) {
    clauses.unknown(`the capture at ${node} was not opened`);
    return;
  }
  const firsts = firstRequests(seen).filter(({ openedMs }) => openedMs > fromMs);
  if (firsts.length === 0) clauses.broken(`${node} asked for no page on a connection made after the fault came on`);
  for (const first of firsts) judgeRequest(record, clauses, node, first);
}

interface FirstRequest {
  readonly openedMs: number;
  readonly askedMs: number;
  readonly after: number;
  /** Pushes acknowledged on this connection before. */
  readonly ackCount: number;
  /** When the last record of an earlier connection had come to the node. */
  readonly lastCameMs: number;
}

/** The first request for a page on each connection that has one, in order. */
function firstRequests(seen: readonly CapturedRecord[]): readonly FirstRequest[] {
  return [...Map.groupBy(seen, ({ flow }) => flow).values()].flatMap((ofFlow) => {
    const openedMs = Math.min(...ofFlow.map(({ firstMs }) => firstMs));
    const first = ofFlow.find(({ pullsAfter }) => pullsAfter !== undefined);
    if (first === undefined) return [];
    const before = ofFlow.filter(({ lastMs }) => lastMs <= first.lastMs);
    const earlier = seen.filter(({ direction, lastMs }) => direction === 'down' && lastMs < openedMs);
    const lastCameMs = Math.max(Number.NEGATIVE_INFINITY, ...earlier.map(({ lastMs }) => lastMs));
    const ackCount = countOf(before, 'PUSH_ACK');
    return [{ openedMs, askedMs: first.lastMs, after: first.pullsAfter![0]!, ackCount, lastCameMs }];
  });
}

function judgeRequest(
  record: TrialRecord,
  clauses: Clauses,
  node: string,
  { askedMs, after, ackCount, lastCameMs }: FirstRequest,
): void {
  const look = witnessesOf(record, 'held').findLast(
    ({ entry, value }) => value.node === node && value.cursor !== null && entry.atMs < askedMs,
  );
  if (look === undefined) {
    clauses.unknown(`nobody had looked at ${node} before it was back`);
    return;
  }
  const cursor = look.value.cursor!;
  const ownUpTo = ownUpToFrom(record, node, cursor, ackCount);
  const ended = entriesOf(record.entries, 'process').some(
    ({ target, event, atMs, index }) =>
      target === node && (event === 'killed' || event === 'stopped') && index > look.entry.index && atMs < askedMs,
  );
  const mayHaveReadOn = ended || look.entry.atMs <= lastCameMs;
  const figures = `${node} asked for what follows ${after}, having read to ${cursor}`;
  if (cursor <= after && after <= ownUpTo) clauses.holds(figures);
  else if (mayHaveReadOn && after > cursor) clauses.holds(`${figures} or further`);
  else clauses.broken(figures);
}

/** How far the node’s own items follow the cursor without a gap, as many as were acknowledged at most. */
function ownUpToFrom(record: TrialRecord, node: string, cursor: number, ackCount: number): number {
  const { facts } = ledgerOf(record);
  const own = new Set([...facts.values()].flatMap(({ nodes, cursors }) => (nodes.has(node) ? [...cursors] : [])));
  let upTo = cursor;
  while (upTo < cursor + ackCount && own.has(upTo + 1)) upTo += 1;
  return upTo;
}
