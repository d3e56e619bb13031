import { z } from 'zod';
import type { NodeEvent, NodeState } from '../../contract/control.ts';
import type { HistoryEntry } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';

type Announced = Extract<NodeEvent, { event: 'state' }>;

/** After each state, the states that may come next. `degraded` is a connection that stands but feels slow. */
const next: Readonly<Record<NodeState, readonly NodeState[]>> = {
  disconnected: ['connecting'],
  connecting: ['handshaking', 'disconnected', 'reconnecting', 'stopped'],
  handshaking: ['connected', 'disconnected', 'reconnecting', 'stopped'],
  connected: ['degraded', 'disconnected', 'reconnecting', 'stopped'],
  degraded: ['connected', 'disconnected', 'reconnecting', 'stopped'],
  reconnecting: ['connecting', 'disconnected'],
  stopped: ['connecting', 'disconnected'],
};

/** After these, whatever is announced is a new process's. */
const ends: readonly string[] = ['killed', 'stopped'];

/** What a process may announce first. */
const first: readonly NodeState[] = ['disconnected', 'connecting'];

/**
 * Every state that a node announced may follow the one before it, and its attempt number is the one that belongs there:
 * one more with each failure, unchanged on the way to the next connection, 0 elsewhere. A new process starts anew.
 */
export const legalTransitions: Checker<Record<string, never>> = {
  name: 'legal-transitions',
  role: 'invariant',
  about: 'Every state a node announced may follow the one before it, with the attempt number that belongs to it.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    for (const node of record.nodes) judgeNode(record.entries, node, clauses);
    return clauses.finding();
  },
};

function judgeNode(entries: readonly HistoryEntry[], node: string, clauses: Clauses): void {
  const illegal: string[] = [];
  let count = 0;
  let before: Announced | null = null;
  for (const entry of entries) {
    if (entry.kind === 'process' && entry.target === node && ends.includes(entry.event)) before = null;
    if (entry.kind !== 'event' || entry.node !== node || entry.event.event !== 'state') continue;
    count += 1;
    if (!isLegal(before, entry.event)) illegal.push(`${node}: ${titleOf(before)} then ${titleOf(entry.event)}`);
    before = entry.event;
  }
  if (count === 0) clauses.unknown(`${node} announced no state`);
  else clauses.none(illegal, 'illegal transitions', `${count} transitions of ${node} legal`);
}

function isLegal(before: Announced | null, after: Announced): boolean {
  if (before === null) return first.includes(after.state) && after.attempt === 0;
  return next[before.state].includes(after.state) && after.attempt === attemptAfter(before, after.state);
}

function attemptAfter({ state, attempt }: Announced, after: NodeState): number {
  if (after === 'reconnecting') return attempt + 1;
  if (after === 'handshaking') return attempt;
  return after === 'connecting' && state === 'reconnecting' ? attempt : 0;
}

function titleOf(announced: Announced | null): string {
  return announced === null ? 'the start' : `${announced.state} (attempt ${announced.attempt})`;
}
