import type { Direction } from '../../contract/tap.ts';
import type { Prng } from '../../support/prng.ts';
import { lossChances } from '../topology/loss-chances.ts';
import type { Delay, Fragments, InForce, LinkAbility, Loss, LossWitness, Rate } from '../topology/topology.ts';
import { Measures } from './measures.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Each way, without any fault. */
const transitMs = [0.1, 0.14] as const;
/** TCP payload of one Ethernet frame with time stamps. */
const segmentBytes = 1448;
/** What one read of a socket returns at most. */
const readBytesMax = 65_536;
/** Between two parts of what was sent at once. */
const partApartMs = 0.01;
/** Linux's smallest retransmission time-out; it doubles with each loss of the same segment. */
export const retransmitMs = 200;
/** The same for the packet that opens a connection. */
export const reconnectMs = 1000;
/** A segment lost this often in a row gives its connection up. */
const lossesMax = 8;

/** A part of what was sent, how late it arrives, and whether its first packet is lost on the way. */
export interface Transit {
  readonly bytes: Uint8Array;
  readonly delayMs: number;
  readonly isLost: boolean;
}

export interface PacketFate {
  arrived(): void;
  gaveUp(): void;
  /** Nobody waits for it any more: it is not sent again. */
  isOver(): boolean;
}

export interface LinkShapeOptions {
  readonly clock: VirtualClock;
  readonly prng: Prng;
  /** Called when a connection's bytes may pass faster or slower than a moment ago. */
  readonly changed: () => void;
}

/** What one direction of a link does to its packets: time, rate and loss. Order is the connection's. */
export class LinkShape {
  readonly direction: Direction;
  readonly delays: Measures<Delay>;
  /** Packets that overtake each other reach nobody so: TCP puts them in order, and only their delays are left. */
  readonly scatters: Measures<Delay>;
  readonly losses: Measures<Loss>;
  /** Of the proxy. */
  readonly throttles: Measures<Rate>;
  /** Of the sender's own machine. */
  readonly starvations: Measures<Rate>;
  readonly stalls: Measures<object>;
  readonly heldCloses: Measures<{ readonly delayMs: number }>;
  readonly fragmentations: Measures<Fragments>;
  readonly #clock: VirtualClock;
  readonly #prng: Prng;
  readonly #acknowledgements: Prng;
  /** When the last packet of all connections has left a starved machine. */
  #leftAtMs = 0;
  #packetsSeen = 0;
  #packetsDropped = 0;
  #runs = 0;
  /** What became of the packet before. */
  #wasLost = false;
  #acknowledgementsDropped = 0;

  constructor(direction: Direction, { clock, prng, changed }: LinkShapeOptions) {
    this.direction = direction;
    this.#clock = clock;
    this.#prng = prng;
    this.#acknowledgements = prng.fork('acknowledgements');
    this.delays = new Measures();
    this.scatters = new Measures();
    this.losses = new Measures();
    this.throttles = new Measures(changed);
    this.starvations = new Measures(changed);
    this.stalls = new Measures();
    this.heldCloses = new Measures(changed);
    this.fragmentations = new Measures();
  }

  get isClean(): boolean {
    const { delays, scatters, losses, throttles, starvations, stalls, heldCloses, fragmentations } = this;
    return [delays, scatters, losses, throttles, starvations, stalls, heldCloses, fragmentations].every(
      ({ size }) => size === 0,
    );
  }

  /** What each connection may carry, and in pieces of which size; null: as much as it wants. */
  get pace(): { readonly bytesPerSecond: number; readonly pieceBytes: number } | null {
    const isStarved = this.starvations.size > 0;
    if (!isStarved && this.throttles.size === 0) return null;
    const rates = [...this.throttles, ...this.starvations].map((rate) => rate.bytesPerSecond);
    const bytesPerSecond = Math.min(...rates);
    // The proxy lets through what a tenth of a second allows, the kernel whole packets.
    return { bytesPerSecond, pieceBytes: isStarved ? segmentBytes : Math.max(1, Math.floor(bytesPerSecond / 10)) };
  }

  /** From now until a piece is through. What leaves a starved machine leaves it one packet after the other. */
  takesMs(bytes: number): number {
    const { pace } = this;
    const ownMs = pace === null ? 0 : (1000 * bytes) / pace.bytesPerSecond;
    if (this.starvations.size === 0) {
      this.#leftAtMs = 0;
      return ownMs;
    }
    this.#leftAtMs = Math.max(this.#clock.nowMs, this.#leftAtMs) + ownMs;
    return this.#leftAtMs - this.#clock.nowMs;
  }

  /** How long the end of a connection is held back. */
  get holdCloseMs(): number {
    return Math.max(0, ...[...this.heldCloses].map(({ delayMs }) => delayMs));
  }

  get inForce(): InForce[] {
    const of = (ability: LinkAbility, measures: Iterable<object>) =>
      [...measures].map((measure) => ({ ability, direction: this.direction, measure: { ...measure } }));
    return [
      ...of('delay', this.delays),
      ...of('scatter', this.scatters),
      ...of('throttle', this.throttles),
      ...of('starve', this.starvations),
      ...of('stall', this.stalls),
      ...of('hold-close', this.heldCloses),
      ...of('fragment', this.fragmentations),
      ...of('lose', this.losses),
    ];
  }

  /** Every loss of a segment is made good by one retransmission, until the connection is given up. */
  get lossWitness(): Omit<LossWitness, 'droppedUp' | 'droppedDown'> {
    return {
      packetsSeen: this.#packetsSeen,
      packetsDropped: this.#packetsDropped,
      runs: this.#runs,
      segmentsRetransmitted: this.#packetsDropped - this.#acknowledgementsDropped,
    };
  }

  restartCounters(): void {
    this.#packetsSeen = 0;
    this.#packetsDropped = 0;
    this.#runs = 0;
    this.#wasLost = false;
    this.#acknowledgementsDropped = 0;
  }

  /** The packet that opens or ends a connection. */
  packet(): Transit {
    return { bytes: new Uint8Array(0), delayMs: this.#transitMs(), isLost: this.#loses() };
  }

  /** Bytes sent at one moment, in the parts in which they arrive. */
  parts(bytes: Uint8Array): Transit[] {
    return this.losses.size === 0 ? this.#wholeParts(bytes) : this.#segments(bytes);
  }

  /**
   * A packet was lost: it is sent again after `firstMs`, then after twice the time, and so on, each time through what the
   * link is then. `arrived` is called when one is across; `gaveUp` when the last of eight losses was waited for in vain.
   */
  sendAgain(firstMs: number, { arrived, gaveUp, isOver }: PacketFate): void {
    const lost = (losses: number) => {
      this.#clock.schedule(firstMs * 2 ** (losses - 1), () => {
        if (isOver()) return;
        if (losses === lossesMax && this.losses.size > 0) gaveUp();
        else if (this.#loses()) lost(losses + 1);
        else this.#clock.schedule(this.#transitMs(), arrived);
      });
    };
    lost(1);
  }

  /** A stream has no edges: now and then what was sent in one piece arrives in two. */
  #wholeParts(bytes: Uint8Array): Transit[] {
    const parts: Transit[] = [];
    const delayMs = this.#transitMs();
    const apartMs = this.#partsApartMs();
    for (let offset = 0; offset < bytes.length; ) {
      const size = this.#pieceOf(Math.min(readBytesMax, bytes.length - offset));
      parts.push({
        bytes: bytes.subarray(offset, offset + size),
        delayMs: delayMs + apartMs * parts.length,
        isLost: false,
      });
      offset += size;
    }
    return parts;
  }

  #partsApartMs(): number {
    if (this.fragmentations.size === 0) return partApartMs;
    return Math.max(partApartMs, ...[...this.fragmentations].map((fragments) => fragments.apartMs));
  }

  #pieceOf(left: number): number {
    if (left === 1) return left;
    if (this.fragmentations.size > 0) {
      const pieceBytes = Math.min(...[...this.fragmentations].map(({ bytes }) => bytes));
      return Math.min(left, 1 + this.#prng.below(2 * pieceBytes - 1));
    }
    return this.#prng.chance(0.125) ? 1 + this.#prng.below(left - 1) : left;
  }

  /** Neighbouring segments that arrive together are one part; each that is lost is one of its own. */
  #segments(bytes: Uint8Array): Transit[] {
    const parts: Transit[] = [];
    const delayMs = this.#transitMs();
    let from = 0;
    for (let offset = 0; offset < bytes.length; offset += segmentBytes) {
      if (!this.#loses()) continue;
      if (offset > from) parts.push({ bytes: bytes.subarray(from, offset), delayMs, isLost: false });
      from = offset + segmentBytes;
      parts.push({ bytes: bytes.subarray(offset, from), delayMs, isLost: true });
    }
    if (from < bytes.length) parts.push({ bytes: bytes.subarray(from), delayMs, isLost: false });
    return parts;
  }

  /**
   * TCP’s answer to what arrived from the other side goes this way: one more packet to count. Losing it changes nothing,
   * because the next one says the same.
   */
  acknowledge(): void {
    if (this.#loses(this.#acknowledgements)) this.#acknowledgementsDropped += 1;
  }

  #loses(prng = this.#prng): boolean {
    if (this.losses.size === 0) return false;
    const losses = [...this.losses];
    const chances = losses.map(lossChances).map((one) => (this.#wasLost ? one.afterDropped : one.afterPassed));
    const isLost = prng.chance(1 - chances.reduce((passes, chance) => passes * (1 - chance), 1));
    this.#packetsSeen += 1;
    if (isLost) this.#packetsDropped += 1;
    if (isLost && !this.#wasLost && losses.some(({ correlation }) => correlation !== undefined)) this.#runs += 1;
    this.#wasLost = isLost;
    return isLost;
  }

  #transitMs(): number {
    let sum = this.#prng.between(...transitMs);
    for (const delays of [this.delays, this.scatters]) {
      if (delays.size === 0) continue;
      for (const { delayMs, jitterMs } of delays) {
        sum += Math.max(0, delayMs + this.#prng.between(-jitterMs, jitterMs));
      }
    }
    return sum;
  }
}
