import {
  handshakeMessages,
  type Mode,
  modeBytes,
  preambleBytes,
  protocolId,
  recordPrefixBytes,
} from '../../contract/wire.ts';
import { ArrivalReader, type ByteStream, type ConnectionStreams } from './byte-stream.ts';

/** One record of a direction. */
export interface WireRecord {
  /** In its direction, from 0. */
  readonly index: number;
  /** The Noise message, without the length before it. */
  readonly message: Uint8Array;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A connection that opened with a known preamble, as records. A record that was never completed is left out. */
export interface SessionRecords {
  readonly up: readonly WireRecord[];
  readonly down: readonly WireRecord[];
  /** How many records of each direction are handshake; null when their sizes are not those of a handshake. */
  readonly handshake: { readonly up: number; readonly down: number } | null;
}

/** Null when the connection does not start like a session. */
export function splitSession(connection: ConnectionStreams): SessionRecords | null {
  const mode = modeOf(connection.up.bytes);
  if (mode === null) return null;
  const up = recordsOf(connection.up, preambleBytes);
  const down = recordsOf(connection.down, 0);
  const sizesUp = handshakeSizes(mode, 'initiator');
  const sizesDown = handshakeSizes(mode, 'responder');
  const fits = startsWithSizes(up, sizesUp) && startsWithSizes(down, sizesDown);
  return { up, down, handshake: fits ? { up: sizesUp.length, down: sizesDown.length } : null };
}

function modeOf(bytes: Uint8Array): Mode | null {
  if (bytes.length < preambleBytes) return null;
  const id = Buffer.from(bytes.subarray(0, protocolId.length)).toString('latin1');
  const modes = Object.keys(modeBytes) as Mode[];
  return id === protocolId ? (modes.find((mode) => modeBytes[mode] === bytes[protocolId.length]) ?? null) : null;
}

/** The u16 length before each record is big-endian. */
function recordsOf(stream: ByteStream, start: number): WireRecord[] {
  const { bytes } = stream;
  const arrivals = new ArrivalReader(stream);
  const records: WireRecord[] = [];
  let at = start;
  while (at + recordPrefixBytes <= bytes.length) {
    const end = at + recordPrefixBytes + ((bytes[at]! << 8) | bytes[at + 1]!);
    if (end > bytes.length) break;
    records.push({
      index: records.length,
      message: bytes.subarray(at + recordPrefixBytes, end),
      ...arrivals.of(at, end),
    });
    at = end;
  }
  return records;
}

function handshakeSizes(mode: Mode, from: 'initiator' | 'responder'): number[] {
  return handshakeMessages[mode].filter((message) => message.from === from).map((message) => message.bytes);
}

function startsWithSizes(records: readonly WireRecord[], sizes: readonly number[]): boolean {
  return sizes.every((size, index) => records[index] === undefined || records[index].message.length === size);
}
