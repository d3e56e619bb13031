import type { EntryOf, HistoryEntry } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import { windowsByLink } from './windows.ts';

type NodeEventEntry = EntryOf<'event'>;
export type HandshakeFailure = NodeEventEntry & {
  readonly event: Extract<NodeEventEntry['event'], { event: 'handshake-failed' }>;
};

/** The first failed handshake of the node at the end of a disturbed link, after the fault was injected. */
export interface Disturbance {
  readonly node: string;
  /** Index of the fault’s injection. */
  readonly fromIndex: number;
  readonly failure: HandshakeFailure | null;
}

/** One disturbance for each armed fault and link; a link has the name of its node. */
export function disturbances(record: TrialRecord, node?: string): readonly Disturbance[] {
  return windowsByLink(record, node).map(({ link, fromIndex }) => ({
    node: link,
    fromIndex,
    failure:
      record.entries.find((entry): entry is HandshakeFailure => entry.index > fromIndex && isFailureOf(entry, link)) ??
      null,
  }));
}

export function isFailureOf(entry: HistoryEntry, node: string): entry is HandshakeFailure {
  return entry.kind === 'event' && entry.node === node && entry.event.event === 'handshake-failed';
}

/** The state that the entry announces of the node, or null. */
export function stateIn(entry: HistoryEntry, node: string): string | null {
  return entry.kind === 'event' && entry.node === node && entry.event.event === 'state' ? entry.event.state : null;
}
