import type { Direction } from '../../contract/tap.ts';
import type { Prng } from '../../support/prng.ts';
import type { CloseReason, Connection, ConnectionEvents } from '../../sut/io/transport.ts';
import type { LinkWitness } from '../history/collected.ts';
import type { TapRules } from '../sidecars/tap-rules.ts';
import type { Heal, Link, LossWitness, NodeName } from '../topology/topology.ts';
import type { LinkCapture } from './link-capture.ts';
import { LinkShape } from './link-shape.ts';
import { type ConnectionPath, SimulatedConnection } from './simulated-connection.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Where the link leads to: accepts a connection for the relay, or null when nobody listens. */
export type LinkTarget = () => {
  readonly process: SimulatedProcess;
  accept(connection: Connection): ConnectionEvents;
} | null;

export interface SimulatedLinkOptions {
  readonly node: NodeName;
  readonly clock: VirtualClock;
  readonly prng: Prng;
  readonly capture: LinkCapture;
  readonly target: LinkTarget;
  /** Null in a topology without a tap. */
  readonly tap: TapRules | null;
  /** Of the link's middle box, as relay and node see it. */
  readonly address: string;
}

/**
 * The path between one node and the relay, as a proxy makes it: a dial succeeds as long as the link is not cut, and ends
 * at once when nobody listens behind it.
 */
export class SimulatedLink implements Link, ConnectionPath {
  readonly node: NodeName;
  readonly clock: VirtualClock;
  readonly shapes: Readonly<Record<Direction, LinkShape>>;
  readonly #options: SimulatedLinkOptions;
  readonly #prng: Prng;
  readonly #connections = new Set<SimulatedConnection>();
  readonly #flows = new WeakMap<object, string>();
  readonly #limits = new Set<ByteLimit>();
  readonly #cuts = new Set<object>();
  #connectionCount = 0;
  #bytes = { up: 0, down: 0 };

  constructor(options: SimulatedLinkOptions) {
    this.#options = options;
    this.node = options.node;
    this.clock = options.clock;
    this.#prng = options.prng.fork('ends');
    this.shapes = {
      up: new LinkShape('up', options.prng.fork('up')),
      down: new LinkShape('down', options.prng.fork('down')),
    };
  }

  async delay(shape: { direction: Direction; delayMs: number; jitterMs: number }): Promise<Heal> {
    return once(this.shapes[shape.direction].addDelay(shape));
  }

  async lose(shape: { direction: Direction; share: number }): Promise<Heal> {
    return once(this.shapes[shape.direction].addLoss(shape.share));
  }

  async cut(): Promise<Heal> {
    const cut = {};
    this.#cuts.add(cut);
    for (const connection of this.#connections) connection.breakOff('abrupt');
    return once(() => void this.#cuts.delete(cut));
  }

  async limitBytes(shape: { direction: Direction; bytes: number }): Promise<Heal> {
    const limit = new ByteLimit(shape.direction, shape.bytes);
    this.#limits.add(limit);
    return once(() => void this.#limits.delete(limit));
  }

  async lossWitness(): Promise<LossWitness> {
    const { up, down } = { up: this.shapes.up.lossWitness, down: this.shapes.down.lossWitness };
    return {
      packetsSeen: up.packetsSeen + down.packetsSeen,
      packetsDropped: up.packetsDropped + down.packetsDropped,
      segmentsRetransmitted: up.segmentsRetransmitted + down.segmentsRetransmitted,
    };
  }

  async witness(): Promise<LinkWitness> {
    return this.counters;
  }

  /** Bytes that passed the whole link and connections it took, since `restartCounters`. */
  get counters(): LinkWitness {
    return { bytesUp: this.#bytes.up, bytesDown: this.#bytes.down, connections: this.#connectionCount };
  }

  restartCounters(): void {
    this.#bytes = { up: 0, down: 0 };
    this.#connectionCount = 0;
    this.shapes.up.restartCounters();
    this.shapes.down.restartCounters();
  }

  /** No fault on it and no connection through it. */
  get isIdle(): boolean {
    const faults = this.#cuts.size + this.#limits.size;
    return faults === 0 && this.shapes.up.isClean && this.shapes.down.isClean && this.#connections.size === 0;
  }

  /** Of the relay's ends: those whose peer is gone and that the relay has not closed. */
  get closeWaitCount(): number {
    return [...this.#connections].filter(({ relay }) => relay?.waitsForClose === true).length;
  }

  /** Dials from the node's side. */
  dial(process: SimulatedProcess, events: ConnectionEvents): Connection {
    const connection = new SimulatedConnection(this, process, this.#options.address);
    connection.node.tell(events);
    this.#connections.add(connection);
    const syn = this.shapes.up.packet(true);
    this.clock.schedule(syn.delayMs, () => {
      if (connection.node.isClosed) return;
      if (this.#cuts.size > 0 || syn.aborts) {
        connection.up.stop();
        connection.node.closeWith('refused');
        return;
      }
      this.#flows.set(connection, `${this.node}/${this.#connectionCount}`);
      this.#connectionCount += 1;
      this.clock.schedule(this.shapes.down.packet(true).delayMs, () => connection.node.opened());
      this.#connect(connection);
    });
    return connection.node;
  }

  admit(connection: object, direction: Direction, bytes: number): { bytes: number; closes: boolean } {
    let admitted = { bytes, closes: false };
    for (const limit of this.#limits) {
      if (limit.direction === direction) admitted = limit.admit(connection, admitted);
    }
    this.#bytes[direction] += admitted.bytes;
    return admitted;
  }

  saw(end: 'node' | 'relay', connection: object, direction: Direction, bytes: Uint8Array): void {
    this.#options.capture.saw(end === 'node' ? this.node : 'relay', this.#flows.get(connection)!, direction, bytes);
  }

  abruptReason(): CloseReason {
    return this.#prng.chance(0.5) ? 'ended' : 'broken';
  }

  finished(connection: SimulatedConnection): void {
    this.#connections.delete(connection);
  }

  /** The middle box took the connection; now it dials the relay. */
  #connect(connection: SimulatedConnection): void {
    const target = this.#options.target();
    if (target === null) {
      connection.breakOff('ended');
      return;
    }
    const wake = (direction: Direction) => this.clock.schedule(0, () => connection.wakeTap(direction));
    connection.tap = this.#options.tap?.connection(this.node, this.clock.wallMs, wake) ?? null;
    const relayEnd = connection.attachRelay(target.process, this.#options.address);
    target.process.deliver(() => relayEnd.tell(target.accept(relayEnd)));
    connection.up.start();
    connection.down.start();
  }
}

/** Lets so many bytes of each connection pass; those before the limit was set do not count. */
class ByteLimit {
  readonly direction: Direction;
  readonly #bytesMax: number;
  readonly #passed = new WeakMap<object, number>();

  constructor(direction: Direction, bytesMax: number) {
    this.direction = direction;
    this.#bytesMax = bytesMax;
  }

  admit(connection: object, asked: { bytes: number; closes: boolean }): { bytes: number; closes: boolean } {
    const before = this.#passed.get(connection) ?? 0;
    const bytes = Math.min(asked.bytes, this.#bytesMax - before);
    this.#passed.set(connection, before + bytes);
    return { bytes, closes: asked.closes || before + bytes === this.#bytesMax };
  }
}

function once(heal: () => void): Heal {
  return async () => heal();
}
