import type { Direction } from '../../contract/tap.ts';
import { recordPrefixBytes } from '../../contract/wire.ts';
import { utf8 } from '../../support/bytes.ts';
import type { CapturedRecord, CollectedCapture } from '../history/collected.ts';
import type { ByteStream, ConnectionStreams } from './byte-stream.ts';
import { type CaptureInput, captureStreams, type SeenStreams } from './capture-streams.ts';
import { encodedForms } from './encodings.ts';
import { PatternIndex } from './pattern-index.ts';
import { type RawSource, sourceOf } from './raw-source.ts';
import { type OpenedDirection, type OpenedSession, SessionKeyring, type SessionKeys } from './session-opener.ts';
import { type SessionRecords, splitSession, type WireRecord } from './wire-records.ts';

export type { CapturedChunk, CaptureInput } from './capture-streams.ts';
export type { SessionKeys } from './session-opener.ts';

const openingBytes = 8;

export interface CaptureOptions {
  /** TCP ports of the relay and of whatever stands for it at this point; traffic to them is `up`. Unused for chunks. */
  readonly relayPorts: readonly number[];
  readonly framing: 'none' | 'records-u16';
  readonly sessionKeys: readonly SessionKeys[];
  readonly mark: string;
  /** Who has an address; one that is nobody's stays as it is. */
  readonly nameOf?: (address: string) => string;
}

export interface CaptureReading {
  readonly capture: CollectedCapture;
  /** Every captured byte, streams joined: to be searched. */
  readonly raw: RawSource;
  /** The plaintext of the sessions that were opened, to be searched; null when there was none. */
  readonly frames: RawSource | null;
  /** What makes the capture incomplete: cut or missing packets, gaps. Empty: nothing. */
  readonly problems: readonly string[];
  /** Records of opened sessions that did not open, which is what damage on the way looks like. */
  readonly unopenedRecords: number;
}

/** Reads what one capture point gathered; see `CaptureReader`. */
export function readCapture(input: CaptureInput, options: CaptureOptions): CaptureReading {
  return new CaptureReader(options).read(input);
}

/**
 * Turns what capture points gathered into records, searchable bytes and counts. Damaged input never throws.
 *
 * A connection counts as *opened* when keys fit, and as *opaque* when something encrypted in it stayed closed: records
 * after a handshake without fitting keys, a direction of which not one record opened, a session whose start was not seen, or any connection of an unknown framing.
 * A connection that never got past its handshake, or is no session at all, is neither: it is searched as it is.
 *
 * Several points of one trial see the same traffic. What is the same at two of them, byte by byte, is put together and
 * opened once; what differs is read anew.
 */
export class CaptureReader {
  readonly #options: CaptureOptions;
  readonly #keyring: SessionKeyring;
  readonly #mark: PatternIndex;
  readonly #seen: SeenStreams = new Map();

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#keyring = new SessionKeyring(options.sessionKeys);
    this.#mark = new PatternIndex(encodedForms(utf8(options.mark)).map((form) => form.bytes));
  }

  read(input: CaptureInput): CaptureReading {
    const { relayPorts, framing, mark, nameOf = (address: string) => address } = this.#options;
    const { point } = input;
    const streams = captureStreams(input, relayPorts, this.#seen);
    const read = streams.connections.map((connection) => readConnection(connection, framing, this.#keyring));
    const opened = read.flatMap(({ session }) => (session === null ? [] : [session.up, session.down]));
    const opaqueSessions = read.filter((connection) => connection.isOpaque).length;
    // Packets that are no stream may still carry one in pieces, so they stay joined.
    const pieces = [Buffer.concat(streams.others), ...streams.connections.flatMap(bytesOf)];
    const markFound = pieces.some((piece) => this.#mark.firstHits(piece).length > 0);

    return {
      capture: {
        point,
        packets: streams.packets,
        packetsCounted: input.packetsCounted,
        bytes: streams.bytes,
        markFound,
        peers: [...new Set(streams.addresses.map(nameOf))].filter((name) => name !== point).toSorted(),
        openedSessions: read.filter(({ session, isOpaque }) => session !== null && !isOpaque).length,
        opaqueSessions,
        connections: streams.connections.map(({ flow, openedMs, endedMs, wasReset }) => ({
          flow,
          openedMs,
          endedMs,
          wasReset,
        })),
        records: read.flatMap((connection) => connection.records).sort((a, b) => a.firstMs - b.firstMs),
      },
      raw: sourceOf({ source: `capture:${point}`, kind: 'capture', opaque: opaqueSessions > 0 }, pieces),
      frames: framesSource(point, opened, markFound ? mark : null),
      problems: streams.problems,
      unopenedRecords: opened.reduce((sum, direction) => sum + direction.unopened, 0),
    };
  }
}

interface ReadConnection {
  readonly records: readonly CapturedRecord[];
  readonly session: OpenedSession | null;
  readonly isOpaque: boolean;
}

function readConnection(
  connection: ConnectionStreams,
  framing: CaptureOptions['framing'],
  keyring: SessionKeyring,
): ReadConnection {
  const { flow, fromStart, up, down } = connection;
  const hasBytes = bytesOf(connection).some((bytes) => bytes.length > 0);
  if (framing === 'none') {
    return { records: [...pieces(flow, 'up', up), ...pieces(flow, 'down', down)], session: null, isOpaque: hasBytes };
  }
  if (!fromStart) return { records: [], session: null, isOpaque: hasBytes };
  const records = splitSession(connection);
  if (records === null) return { records: [], session: null, isOpaque: false };
  const session = keyring.open(records);
  const { handshake } = records;
  const past = handshake !== null && (records.up.length > handshake.up || records.down.length > handshake.down);
  return {
    records: [
      ...capturedRecords(flow, 'up', records, session?.up ?? null),
      ...capturedRecords(flow, 'down', records, session?.down ?? null),
    ],
    session,
    isOpaque:
      session === null
        ? past || up.missingBytes + down.missingBytes > 0
        : [session.up, session.down].some(stayedClosed),
  };
}

/** Where records cannot be told apart, what came at once stands for one. */
function pieces(flow: string, direction: Direction, { arrivals }: ByteStream): CapturedRecord[] {
  return arrivals.map(({ end, atMs }, index) => {
    const bytes = end - (arrivals[index - 1]?.end ?? 0);
    return { firstMs: atMs, lastMs: atMs, flow, session: null, direction, index, bytes, messages: null };
  });
}

function stayedClosed({ opened, unopened }: OpenedDirection): boolean {
  return opened === 0 && unopened > 0;
}

function capturedRecords(
  flow: string,
  direction: 'up' | 'down',
  session: SessionRecords,
  opened: OpenedDirection | null,
): CapturedRecord[] {
  const handshakeCount = session.handshake?.[direction] ?? 0;
  const opening = openingOf(session);
  return session[direction].map(({ index, message, firstMs, lastMs }: WireRecord) => {
    const found = opened?.messages[index - handshakeCount] ?? null;
    const pulls = (found ?? []).flatMap(({ after }) => after ?? []);
    const codes = (found ?? []).flatMap(({ code }) => code ?? []);
    return {
      firstMs,
      lastMs,
      flow,
      session: opening,
      direction,
      index,
      bytes: recordPrefixBytes + message.length,
      messages: found?.map(({ name }) => name) ?? null,
      ...(pulls.length === 0 ? {} : { pullsAfter: pulls }),
      ...(codes.length === 0 ? {} : { errorCodes: codes }),
    };
  });
}

/** The start of the initiator’s ephemeral key, in clear in m1 and never used twice. */
function openingOf({ up }: SessionRecords): string | null {
  const first = up[0]?.message.subarray(0, openingBytes);
  return first === undefined ? null : Buffer.from(first).toString('hex');
}

function bytesOf({ up, down }: ConnectionStreams): readonly Uint8Array[] {
  return [up.bytes, down.bytes, ...up.astray, ...down.astray];
}

/**
 * The mark travels outside the sessions, so it is added here when the capture held it and what was opened gave messages:
 * the search is then shown to work on bytes that were shown to be plaintext.
 */
function framesSource(point: string, opened: readonly OpenedDirection[], mark: string | null): RawSource | null {
  const plaintext = opened.filter((direction) => direction.opened > 0).map((direction) => direction.plaintext);
  if (plaintext.length === 0) return null;
  const readable = opened.some((direction) => direction.readableMessages > 0);
  const control = mark !== null && readable ? [utf8(mark)] : [];
  return sourceOf({ source: `frames:${point}`, kind: 'frames' }, [...plaintext, ...control]);
}
