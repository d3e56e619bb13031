import { type Direction, isTapRecord, type TapRecord } from '../../contract/tap.ts';
import { type HandshakeStage, handshakeMessage, recordPrefixBytes } from '../../contract/wire.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { FaultWindow } from './windows.ts';
import { isWithin } from './windows.ts';

/** One connection through the tap: its records in both directions, in order. */
export interface TapConnection {
  readonly link: string;
  readonly connection: number;
  /** When the tap accepted it; of a connection from before the trial, when its first bytes of the trial passed. */
  readonly openedMs: number;
  readonly preambleBytes: number;
  readonly entries: readonly TapRecord[];
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
    .map(([connection, entries]) => ({
      link,
      connection,
      openedMs: entries[0]!.atMs,
      preambleBytes: entries.reduce((sum, entry) => sum + (entry.action === 'preamble' ? entry.bytes : 0), 0),
      entries: entries.filter(isTapRecord),
    }));
}

/** The first connection that the fault could act on: the one that the tap accepted while it was on. */
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
export function recordsAt(connection: TapConnection, direction: Direction, record: number): readonly TapRecord[] {
  return connection.entries.filter((entry) => entry.direction === direction && entry.record === record);
}

/** Bytes that passed on in one direction, the preamble included. */
export function bytesForwardedBy(connection: TapConnection, direction: Direction): number {
  const entries = connection.entries.filter((entry) => entry.direction === direction);
  return entries.reduce((total, entry) => total + entry.bytesAfter, direction === 'up' ? connection.preambleBytes : 0);
}

/** The Noise message of a complete handshake record, or null when the record is not all there. */
export function noiseMessage(raw: string | undefined, stage: HandshakeStage): Uint8Array | null {
  const message = partOfMessage(raw);
  return message.length === handshakeMessage('hybrid', stage).bytes ? message : null;
}

/** As much of the Noise message of a handshake record as is there. */
export function partOfMessage(raw: string | undefined): Uint8Array {
  return Buffer.from(raw ?? '', 'base64').subarray(recordPrefixBytes);
}
