import type { CapturedRecord } from '../history/collected.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import { type FaultWindow, injectionBeganMs } from './windows.ts';

/**
 * The records of the session that a node had when the fault began, as captured at the node, in order of time; null when
 * it had none. Attempts that never became a session are passed over, unless nothing there could be opened.
 */
export function connectionAt(
  record: TrialRecord,
  node: string,
  { fromMs }: FaultWindow,
): readonly CapturedRecord[] | null {
  const seen = record.collected.captures.find(({ point }) => point === node)?.records ?? [];
  const begun = seen.filter(({ direction, index, firstMs }) => direction === 'up' && index === 0 && firstMs < fromMs);
  const flows = begun.map((first) => seen.filter(({ flow }) => flow === first.flow));
  const isOpened = (flow: readonly CapturedRecord[]) => flow.some(({ messages }) => messages !== null);
  return flows.findLast(isOpened) ?? flows.at(-1) ?? null;
}

/**
 * When a fault struck a node: the end of its connection on its own wire, where that came while the fault was still being
 * injected; else when the fault counted as on.
 */
export function struckAtMs(record: TrialRecord, node: string, window: FaultWindow): number {
  const flow = connectionAt(record, node, window)?.[0]?.flow;
  const capture = record.collected.captures.find(({ point }) => point === node);
  const endedMs = capture?.connections.find((connection) => connection.flow === flow)?.endedMs ?? null;
  const isOfFault = endedMs !== null && endedMs >= injectionBeganMs(record, window) && endedMs < window.fromMs;
  return isOfFault ? endedMs : window.fromMs;
}
