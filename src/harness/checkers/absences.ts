import type { NodeState } from '../../contract/control.ts';
import { entriesOf, type HistoryEntry } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { FaultWindow } from './windows.ts';

/** One span in which a node was not connected, by its own announcements and by what was done to its process. */
export interface Absence {
  /** Wall clock. */
  readonly fromMs: number;
  /** Null: to the end of the trial. */
  readonly toMs: number | null;
}

const connectedStates: readonly NodeState[] = ['connected', 'degraded'];

/** Every absence of a node, in order; the first one lasts up to its first connection. Null: it announced no state. */
export function absencesOf(record: TrialRecord, node: string): readonly Absence[] | null {
  const absences: Absence[] = [];
  let fromMs: number | null = record.entries[0]?.atMs ?? 0;
  let states = 0;
  for (const entry of record.entries) {
    if (entry.kind === 'event' && entry.node === node && entry.event.event === 'state') states += 1;
    const isConnected = presenceAfter(entry, node);
    if (isConnected === true && fromMs !== null) {
      absences.push({ fromMs, toMs: entry.atMs });
      fromMs = null;
    } else if (isConnected === false) fromMs ??= entry.atMs;
  }
  if (states === 0) return null;
  return fromMs === null ? absences : [...absences, { fromMs, toMs: null }];
}

/** Null: the entry says nothing of it. */
function presenceAfter(entry: HistoryEntry, node: string): boolean | null {
  if (entry.kind === 'process' && entry.target === node && /^(killed|stopped)$/.test(entry.event)) return false;
  if (entry.kind !== 'event' || entry.node !== node || entry.event.event !== 'state') return null;
  return connectedStates.includes(entry.event.state);
}

/** The nodes that a fault struck: those it names by link or target; of a fault of the relay, all. */
export function struckNodes(record: TrialRecord, { links, parameters }: FaultWindow): readonly string[] {
  if (links.length > 0) return links;
  const { target } = (parameters ?? {}) as { target?: unknown };
  return record.nodes.filter((node) => target === 'relay' || target === node);
}

/** The last thing the node was told before this moment was to stay away. */
export function isToldAway(record: TrialRecord, node: string, atMs: number): boolean {
  const last = entriesOf(record.entries, 'invoked')
    .filter(
      (entry) => entry.node === node && entry.atMs <= atMs && (entry.op === 'connect' || entry.op === 'disconnect'),
    )
    .at(-1);
  return last?.op === 'disconnect';
}
