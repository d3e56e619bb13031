import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Ledger } from './ledger.ts';
import { armedWindows } from './windows.ts';

/**
 * Accepted items that a shortened retention took from the relay: they are not among its rows at the end. None without
 * that fault; null when nobody knows what the relay still has.
 */
export function expiredItems(record: TrialRecord, { accepted }: Ledger): ReadonlySet<string> | null {
  if (armedWindows(record, 'expire').length === 0) return new Set();
  const { rows } = record.collected.relay;
  if (rows === null) return null;
  const left = new Set(rows.map(({ item }) => item));
  return new Set([...accepted.keys()].filter((item) => !left.has(item)));
}

/** Accepted items that are not in the node’s store; null when its store is not known. */
export function lackedBy(record: TrialRecord, node: string, { accepted, deleted }: Ledger): readonly string[] | null {
  const items = record.collected.nodes[node]?.items ?? null;
  if (items === null) return null;
  const held = new Set(items.map(({ item }) => item));
  return [...accepted.keys()].filter((item) => !held.has(item) && !deleted.has(item));
}

/** Whether the node told its caller that what lay at this item’s cursor is gone. */
export function toldGoneBy(record: TrialRecord, node: string, { facts }: Ledger): (item: string) => boolean {
  const gaps = entriesOf(record.entries, 'event').flatMap((entry) =>
    entry.node === node && entry.event.event === 'gap' ? [entry.event] : [],
  );
  return (item) => {
    const cursors = [...(facts.get(item)?.cursors ?? [])];
    const isTold = (cursor: number) =>
      gaps.some(({ fromCursor, toCursor }) => fromCursor <= cursor && cursor <= toCursor);
    return cursors.length > 0 && cursors.every(isTold);
  };
}

/**
 * Items that the node lacks with good reason: retention took them from the relay before it had them, or again, and it
 * told its caller so.
 */
export function namedLosses(record: TrialRecord, node: string, ledger: Ledger): ReadonlySet<string> {
  const expired = expiredItems(record, ledger);
  if (expired === null || expired.size === 0) return new Set();
  const lacked = lackedBy(record, node, ledger) ?? [];
  const isTold = toldGoneBy(record, node, ledger);
  return new Set(lacked.filter((item) => expired.has(item) && isTold(item)));
}
