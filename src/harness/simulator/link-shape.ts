import type { Direction } from '../../contract/tap.ts';
import type { Prng } from '../../support/prng.ts';
import type { LossWitness } from '../topology/topology.ts';

/** Each way, without any fault. */
const transitMs = [0.1, 0.14] as const;
/** TCP payload of one Ethernet frame with time stamps. */
const segmentBytes = 1448;
/** What one read of a socket returns at most. */
const readBytesMax = 65_536;
/** Linux's smallest retransmission time-out; it doubles with each loss of the same segment. */
const retransmitMs = 200;
/** The same for the packet that opens a connection. */
const reconnectMs = 1000;
/** A segment lost this often in a row gives its connection up. */
const lossesMax = 8;

/** A part of what was sent, and how late it arrives; `aborts`: it never does, and the connection breaks then. */
export interface Transit {
  readonly bytes: Uint8Array;
  readonly delayMs: number;
  readonly aborts: boolean;
}

interface Delay {
  readonly delayMs: number;
  readonly jitterMs: number;
}

/** What one direction of a link does to the bytes on their way: time and loss. Order is the connection's. */
export class LinkShape {
  readonly direction: Direction;
  readonly #prng: Prng;
  readonly #delays = new Set<Delay>();
  readonly #shares = new Set<{ readonly share: number }>();
  #packetsSeen = 0;
  #packetsDropped = 0;

  constructor(direction: Direction, prng: Prng) {
    this.direction = direction;
    this.#prng = prng;
  }

  get isClean(): boolean {
    return this.#delays.size === 0 && this.#shares.size === 0;
  }

  addDelay(delay: Delay): () => void {
    const own = { ...delay };
    this.#delays.add(own);
    return () => void this.#delays.delete(own);
  }

  addLoss(share: number): () => void {
    const own = { share };
    this.#shares.add(own);
    return () => void this.#shares.delete(own);
  }

  /** Every loss is made good by one retransmission, until the connection is given up. */
  get lossWitness(): LossWitness {
    return {
      packetsSeen: this.#packetsSeen,
      packetsDropped: this.#packetsDropped,
      segmentsRetransmitted: this.#packetsDropped,
    };
  }

  restartCounters(): void {
    this.#packetsSeen = 0;
    this.#packetsDropped = 0;
  }

  /** The packet that opens or ends a connection. */
  packet(opens: boolean): Transit {
    const stall = this.#stall(opens ? reconnectMs : retransmitMs);
    return { bytes: new Uint8Array(0), delayMs: this.#transitMs() + stall.delayMs, aborts: stall.aborts };
  }

  /** Bytes sent at one moment, in the parts in which they arrive. */
  parts(bytes: Uint8Array): Transit[] {
    return this.#shares.size === 0 ? this.#wholeParts(bytes) : this.#segments(bytes);
  }

  /** A stream has no edges: now and then what was sent in one piece arrives in two. */
  #wholeParts(bytes: Uint8Array): Transit[] {
    const parts: Transit[] = [];
    const delayMs = this.#transitMs();
    for (let offset = 0; offset < bytes.length; ) {
      const left = Math.min(readBytesMax, bytes.length - offset);
      const size = left > 1 && this.#prng.chance(0.125) ? 1 + this.#prng.below(left - 1) : left;
      parts.push({
        bytes: bytes.subarray(offset, offset + size),
        delayMs: delayMs + 0.01 * parts.length,
        aborts: false,
      });
      offset += size;
    }
    return parts;
  }

  #segments(bytes: Uint8Array): Transit[] {
    const parts: Transit[] = [];
    const transitMs = this.#transitMs();
    let latestMs = 0;
    for (let offset = 0; offset < bytes.length; offset += segmentBytes) {
      const stall = this.#stall(retransmitMs);
      latestMs = Math.max(latestMs, transitMs + stall.delayMs);
      parts.push({ bytes: bytes.subarray(offset, offset + segmentBytes), delayMs: latestMs, aborts: stall.aborts });
      if (stall.aborts) break;
    }
    return joined(parts, bytes);
  }

  #stall(firstMs: number): { readonly delayMs: number; readonly aborts: boolean } {
    if (this.#shares.size === 0) return { delayMs: 0, aborts: false };
    const passes = [...this.#shares].reduce((product, { share }) => product * (1 - share), 1);
    let losses = 0;
    while (losses < lossesMax && this.#prng.chance(1 - passes)) losses += 1;
    this.#packetsSeen += losses < lossesMax ? losses + 1 : losses;
    this.#packetsDropped += losses;
    return { delayMs: firstMs * (2 ** losses - 1), aborts: losses === lossesMax };
  }

  #transitMs(): number {
    let sum = this.#prng.between(...transitMs);
    for (const { delayMs, jitterMs } of this.#delays) {
      sum += Math.max(0, delayMs + this.#prng.between(-jitterMs, jitterMs));
    }
    return sum;
  }
}

/** Neighbouring segments that arrive together as one part. */
function joined(parts: readonly Transit[], bytes: Uint8Array): Transit[] {
  const joined: Transit[] = [];
  let offset = 0;
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    const end = part.bytes.byteOffset - bytes.byteOffset + part.bytes.length;
    if (next !== undefined && next.delayMs === part.delayMs && !next.aborts && !part.aborts) continue;
    joined.push({ ...part, bytes: bytes.subarray(offset, end) });
    offset = end;
  }
  return joined;
}
