import type { CapturedRecord } from '../history/collected.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { FaultWindow } from './windows.ts';

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
