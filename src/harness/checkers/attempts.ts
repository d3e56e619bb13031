import type { TrialRecord } from '../history/trial-record.ts';
import { type FaultWindow, isWithin } from './windows.ts';

/** When each node asked for a connection while the fault was on, at its own interface; null: that was not captured. */
export function attemptsIn(record: TrialRecord, window: FaultWindow): ReadonlyMap<string, readonly number[]> | null {
  const byNode = new Map<string, readonly number[]>();
  for (const node of record.nodes) {
    const connections = record.collected.captures.find(({ point }) => point === node)?.connections ?? [];
    if (connections.length === 0) return null;
    const opened = connections.flatMap(({ openedMs }) => openedMs ?? []).filter((atMs) => isWithin(window, atMs));
    byNode.set(
      node,
      opened.toSorted((a, b) => a - b),
    );
  }
  return byNode;
}
