import type { Arrival, ByteStream } from './byte-stream.ts';
import type { TcpSegment } from './packet.ts';

/** One TCP connection of a capture, both directions put together. */
export interface TcpConnection {
  /** `address:port` of the two ends. Who asked for the connection is known only when its first packet was seen. */
  readonly ends: readonly [string, string];
  /** The end that sent the first packet; null when the capture began later. */
  readonly initiator: string | null;
  /** When its first packet was seen, null when the capture began later; when its first FIN or RST was, if one was. */
  readonly openedMs: number | null;
  readonly endedMs: number | null;
  /** It ended with an RST. */
  readonly wasReset: boolean;
  /** Connections between the same two ends before this one. */
  readonly earlier: number;
  /** What each of the ends sent. */
  readonly sent: Readonly<Record<string, ByteStream>>;
}

/**
 * Puts the segments of a capture back into streams: segments may come twice, overlap, and out of order. Where two
 * segments disagree about a byte, the one seen first holds, as it does for most receivers.
 */
export function reassembleTcp(segments: readonly TcpSegment[]): TcpConnection[] {
  const all: OpenConnection[] = [];
  const latest = new Map<string, OpenConnection>();
  for (const segment of segments) {
    const ends = [segment.source, segment.target].sort() as [string, string];
    const key = ends.join(' ');
    let connection = latest.get(key);
    if (connection === undefined || startsAnother(connection, segment)) {
      const earlier = connection === undefined ? 0 : connection.earlier + 1;
      connection = {
        ends,
        initiator: null,
        openedMs: null,
        endedMs: null,
        wasReset: false,
        earlier,
        halves: new Map(),
      };
      latest.set(key, connection);
      all.push(connection);
    }
    addSegment(connection, segment);
  }
  return all.map(({ ends, initiator, openedMs, endedMs, wasReset, earlier, halves }) => ({
    ends,
    initiator,
    openedMs,
    endedMs,
    wasReset,
    earlier,
    sent: Object.fromEntries(ends.map((end) => [end, (halves.get(end) ?? new HalfConnection(0)).stream()])),
  }));
}

interface OpenConnection {
  readonly ends: readonly [string, string];
  initiator: string | null;
  openedMs: number | null;
  endedMs: number | null;
  wasReset: boolean;
  readonly earlier: number;
  readonly halves: Map<string, HalfConnection>;
}

/** The same ends again, from another initial sequence number; the same number is a retransmission. */
function startsAnother(connection: OpenConnection, { syn, ack, source, sequence }: TcpSegment): boolean {
  if (!syn || ack) return false;
  const half = connection.halves.get(source);
  return half !== undefined && half.firstSequence !== (sequence + 1) >>> 0;
}

function addSegment(connection: OpenConnection, segment: TcpSegment): void {
  const { atMs, source, sequence, syn, ack, ends, resets, payload } = segment;
  if (syn && !ack) {
    connection.initiator ??= source;
    connection.openedMs ??= atMs;
  }
  if (ends && connection.endedMs === null) {
    connection.endedMs = atMs;
    connection.wasReset = resets;
  }
  // The packet that opens a direction takes one sequence number itself.
  const dataSequence = syn ? (sequence + 1) >>> 0 : sequence;
  let half = connection.halves.get(source);
  if (half === undefined) {
    half = new HalfConnection(dataSequence);
    connection.halves.set(source, half);
  }
  if (payload.length > 0) half.add(dataSequence, atMs, payload);
}

interface Part {
  readonly offset: number;
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** What one end sent. Offsets count from the first byte of the stream and do not wrap. */
class HalfConnection {
  readonly firstSequence: number;
  #length = 0;
  readonly #parts: Uint8Array[] = [];
  readonly #arrivals: Arrival[] = [];
  /** Segments ahead of their time, by offset. */
  readonly #waiting: Part[] = [];
  readonly #astray: Uint8Array[] = [];

  constructor(firstSequence: number) {
    this.firstSequence = firstSequence;
  }

  add(sequence: number, atMs: number, bytes: Uint8Array): void {
    // Signed distance from what is awaited, so that sequence numbers may pass 2^32.
    const offset = this.#length + ((sequence - (this.firstSequence + this.#length)) | 0);
    if (offset < 0) this.#astray.push(bytes);
    else if (offset > this.#length) this.#wait({ offset, atMs, bytes });
    else this.#take({ offset, atMs, bytes });
  }

  #wait(part: Part): void {
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1]!.offset > part.offset) at -= 1;
    this.#waiting.splice(at, 0, part);
  }

  #take(part: Part): void {
    this.#append(part);
    let ready = 0;
    while (ready < this.#waiting.length && this.#waiting[ready]!.offset <= this.#length) {
      this.#append(this.#waiting[ready]!);
      ready += 1;
    }
    if (ready > 0) this.#waiting.splice(0, ready);
  }

  #append({ offset, atMs, bytes }: Part): void {
    const fresh = bytes.subarray(this.#length - offset);
    if (fresh.length === 0) return; // A retransmission.
    this.#parts.push(fresh);
    this.#length += fresh.length;
    this.#arrivals.push({ end: this.#length, atMs });
  }

  stream(): ByteStream {
    const { runs, missingBytes } = this.#runsBehindGaps();
    return {
      bytes: Buffer.concat(this.#parts),
      arrivals: this.#arrivals,
      astray: [...this.#astray, ...runs],
      missingBytes,
    };
  }

  #runsBehindGaps(): { readonly runs: Uint8Array[]; readonly missingBytes: number } {
    const runs: Uint8Array[][] = [];
    let missingBytes = 0;
    let end = this.#length;
    for (const { offset, bytes } of this.#waiting) {
      if (offset > end || runs.length === 0) {
        missingBytes += offset - end;
        runs.push([bytes]);
        end = offset + bytes.length;
      } else if (offset + bytes.length > end) {
        runs.at(-1)!.push(bytes.subarray(end - offset));
        end = offset + bytes.length;
      }
    }
    return { runs: runs.map((parts) => Buffer.concat(parts)), missingBytes };
  }
}
