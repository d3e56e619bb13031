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
  readonly up: ByteStream;
  readonly down: ByteStream;
}

/** A stream of parts that arrived in order and whole. */
export function streamOf(parts: readonly { readonly atMs: number; readonly bytes: Uint8Array }[]): ByteStream {
  let end = 0;
  const arrivals = parts.map(({ atMs, bytes }) => {
    end += bytes.length;
    return { end, atMs };
  });
  return { bytes: Buffer.concat(parts.map((part) => part.bytes)), arrivals, astray: [], missingBytes: 0 };
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
