/** One direction of a connection, put together. */
export interface ByteStream {
  /** From the first byte up to the first gap. */
  readonly bytes: Uint8Array;
  /** When the parts of `bytes` were seen, in order of offset, each from where the one before it ends. */
  readonly arrivals: readonly Arrival[];
  /** Runs of bytes that could not be put in their place: behind a gap, or before the first byte that was awaited. */
  readonly astray: readonly Uint8Array[];
  /** Bytes known to be missing in between. */
  readonly missingBytes: number;
}

export interface Arrival {
  /** Offset of the first byte behind the part. */
  readonly end: number;
  readonly atMs: number;
}

export interface ConnectionStreams {
  readonly flow: string;
  /** The connection was seen from its first byte. */
  readonly fromStart: boolean;
  /** As in `CapturedConnection`. */
  readonly openedMs: number | null;
  readonly endedMs: number | null;
  readonly wasReset: boolean;
  readonly up: ByteStream;
  readonly down: ByteStream;
}

/** A stream of parts that arrived in order and whole. Its bytes are those of `like`, or a view of them, if they are equal. */
export function streamOf(
  parts: readonly { readonly atMs: number; readonly bytes: Uint8Array }[],
  like: Uint8Array | null = null,
): ByteStream {
  let end = 0;
  const arrivals = parts.map(({ atMs, bytes }) => {
    end += bytes.length;
    return { end, atMs };
  });
  const pieces = parts.map((part) => part.bytes);
  const bytes = like !== null && startsWith(like, pieces) ? prefixOf(like, end) : Buffer.concat(pieces);
  return { bytes, arrivals, astray: [], missingBytes: 0 };
}

function startsWith(bytes: Uint8Array, pieces: readonly Uint8Array[]): boolean {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let offset = 0;
  return pieces.every((piece) => {
    const start = offset;
    offset += piece.length;
    return offset <= whole.length && whole.compare(piece, 0, piece.length, start, offset) === 0;
  });
}

function prefixOf(bytes: Uint8Array, length: number): Uint8Array {
  return length === bytes.length ? bytes : bytes.subarray(0, length);
}

/** Tells when ranges of a stream were seen; ranges are asked for in order. */
export class ArrivalReader {
  readonly #arrivals: readonly Arrival[];
  #index = 0;

  constructor(stream: ByteStream) {
    this.#arrivals = stream.arrivals;
  }

  /** When the range's first byte was seen, and when all of it had been. */
  of(start: number, end: number): { readonly firstMs: number; readonly lastMs: number } {
    while (this.#arrivals[this.#index]!.end <= start) this.#index += 1;
    const firstMs = this.#arrivals[this.#index]!.atMs;
    let lastMs = firstMs;
    for (let index = this.#index; index < this.#arrivals.length; index += 1) {
      const arrival = this.#arrivals[index]!;
      lastMs = Math.max(lastMs, arrival.atMs);
      if (arrival.end >= end) break;
    }
    return { firstMs, lastMs };
  }
}
