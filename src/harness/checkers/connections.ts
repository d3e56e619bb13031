import type { Direction, TapEntry } from '../../contract/tap.ts';
import { type HandshakeStage, handshakeMessage, preambleBytes, recordPrefixBytes } from '../../contract/wire.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { FaultWindow } from './windows.ts';
import { isWithin } from './windows.ts';

/** One connection through the tap: its records in both directions, in order. */
export interface TapConnection {
  readonly link: string;
  readonly connection: number;
  readonly openedMs: number;
  readonly entries: readonly TapEntry[];
}

/** The connections of a link, in order; null when there was no tap. */
export function connectionsOf(record: TrialRecord, link: string): readonly TapConnection[] | null {
  const { tapJournal } = record.collected;
  if (tapJournal === null) return null;
  const byNumber = Map.groupBy(
    tapJournal.filter((entry) => entry.link === link),
    ({ connection }) => connection,
  );
  return [...byNumber]
    .sort(([a], [b]) => a - b)
    .map(([connection, entries]) => ({ link, connection, openedMs: entries[0]!.atMs, entries }));
}

/** The first connection that the fault could act on: the one whose first record passed while it was on. */
export function disturbedConnection(record: TrialRecord, window: FaultWindow, link: string): TapConnection | null {
  return connectionsOf(record, link)?.find(({ openedMs }) => isWithin(window, openedMs)) ?? null;
}

export const handshakeStages = ['m1', 'm2', 'm3', 'm4'] as const satisfies readonly HandshakeStage[];

/** Where a handshake message is found: direction, and record from 0 in that direction. */
export const placeOfStage: Readonly<
  Record<HandshakeStage, { readonly direction: Direction; readonly record: number }>
> = {
  m1: { direction: 'up', record: 0 },
  m2: { direction: 'down', record: 0 },
  m3: { direction: 'up', record: 1 },
  m4: { direction: 'down', record: 1 },
};

/** Records of one direction with a given number, residues included. */
export function recordsAt(connection: TapConnection, direction: Direction, record: number): readonly TapEntry[] {
  return connection.entries.filter((entry) => entry.direction === direction && entry.record === record);
}

/** Bytes that passed on in one direction, with the preamble that no record holds. */
export function bytesForwardedBy(connection: TapConnection, direction: Direction): number {
  const entries = connection.entries.filter((entry) => entry.direction === direction);
  const preamble = direction === 'up' && entries.length > 0 ? preambleBytes : 0;
  return entries.reduce((total, entry) => total + entry.bytesAfter, preamble);
}

/** The Noise message of a complete handshake record, or null when the record is not all there. */
export function noiseMessage(raw: string | undefined, stage: HandshakeStage): Uint8Array | null {
  if (raw === undefined) return null;
  const bytes = Buffer.from(raw, 'base64');
  return bytes.length === recordPrefixBytes + handshakeMessage('hybrid', stage).bytes
    ? bytes.subarray(recordPrefixBytes)
    : null;
}
