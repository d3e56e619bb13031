import { type Direction, directions } from '../../contract/tap.ts';
import type { Prng } from '../../support/prng.ts';
import type { CloseReason, Connection, ConnectionEvents } from '../../sut/io/transport.ts';
import type { LinkWitness } from '../history/collected.ts';
import type { TapRules } from '../sidecars/tap-rules.ts';
import type {
  Adjustable,
  Delay,
  Fragments,
  Heal,
  InForce,
  Link,
  Loss,
  LossWitness,
  NodeName,
  Rate,
} from '../topology/topology.ts';
import type { LinkCapture, Turn } from './link-capture.ts';
import { LinkShape, type PacketFate, reconnectMs } from './link-shape.ts';
import { Measures } from './measures.ts';
import { type Admitted, type ConnectionPath, SimulatedConnection } from './simulated-connection.ts';
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
  readonly #limits = new Measures<ByteLimit>();
  readonly #cuts = new Measures<object>();
  readonly #resets = new Measures<object>();
  readonly #detachments = new Measures<object>();
  #connectionCount = 0;
  #bytes = { up: 0, down: 0 };

  constructor(options: SimulatedLinkOptions) {
    this.#options = options;
    this.node = options.node;
    this.clock = options.clock;
    this.#prng = options.prng.fork('ends');
    const shape = (direction: Direction) =>
      new LinkShape(direction, {
        clock: options.clock,
        prng: options.prng.fork(direction),
        changed: () => {
          for (const connection of this.#connections) connection.reshaped();
        },
      });
    this.shapes = { up: shape('up'), down: shape('down') };
  }

  async delay({ direction, ...delay }: { direction: Direction } & Delay): Promise<Adjustable<Delay>> {
    return this.shapes[direction].delays.add(delay);
  }

  async scatter({ direction, ...delay }: { direction: Direction } & Delay): Promise<Heal> {
    return this.shapes[direction].scatters.add(delay).heal;
  }

  async throttle({ direction, ...rate }: { direction: Direction } & Rate): Promise<Adjustable<Rate>> {
    return this.shapes[direction].throttles.add(rate);
  }

  async lose({ direction, ...loss }: { direction: Direction } & Loss): Promise<Adjustable<Loss>> {
    return this.shapes[direction].losses.add(loss);
  }

  async starve(rate: Rate): Promise<Heal> {
    return this.shapes.up.starvations.add(rate).heal;
  }

  async stall({ direction }: { direction: Direction }): Promise<Heal> {
    const { heal } = this.shapes[direction].stalls.add({});
    return once(async () => {
      await heal();
      for (const connection of this.#accepted()) connection.breakOff('ended');
    });
  }

  async reset(): Promise<Heal> {
    const { heal } = this.#resets.add({});
    for (const connection of this.#accepted()) connection.breakOff('broken', 'abrupt');
    return heal;
  }

  async holdClose({ direction, delayMs }: { direction: Direction; delayMs: number }): Promise<Heal> {
    return this.shapes[direction].heldCloses.add({ delayMs }).heal;
  }

  async fragment({ direction, ...fragments }: { direction: Direction } & Fragments): Promise<Heal> {
    return this.shapes[direction].fragmentations.add(fragments).heal;
  }

  async cut(): Promise<Heal> {
    const { heal } = this.#cuts.add({});
    for (const connection of this.#connections) connection.breakOff('abrupt');
    return heal;
  }

  async limitBytes({ direction, bytes }: { direction: Direction; bytes: number }): Promise<Heal> {
    return this.#limits.add(new ByteLimit(direction, bytes)).heal;
  }

  async lossWitness(): Promise<LossWitness> {
    const { up, down } = { up: this.shapes.up.lossWitness, down: this.shapes.down.lossWitness };
    return {
      packetsSeen: up.packetsSeen + down.packetsSeen,
      packetsDropped: up.packetsDropped + down.packetsDropped,
      droppedUp: up.packetsDropped,
      droppedDown: down.packetsDropped,
      runs: up.runs + down.runs,
      segmentsRetransmitted: up.segmentsRetransmitted + down.segmentsRetransmitted,
    };
  }

  async witness(): Promise<LinkWitness> {
    return this.counters;
  }

  async inForce(): Promise<readonly InForce[]> {
    return [
      ...[...this.#cuts].map(() => ({ ability: 'cut', direction: null, measure: {} }) as const),
      ...[...this.#resets].flatMap(() =>
        directions.map((direction) => ({ ability: 'reset', direction, measure: {} }) as const),
      ),
      ...[...this.#limits].map(
        ({ direction, bytesMax }) => ({ ability: 'limit-bytes', direction, measure: { bytes: bytesMax } }) as const,
      ),
      ...this.shapes.up.inForce,
      ...this.shapes.down.inForce,
    ];
  }

  /** The node's machine has no address: no packet passes, and dialling fails at once. */
  detach(): Heal {
    const heals = [this.#detachments.add({}), ...directions.map((way) => this.shapes[way].losses.add({ share: 1 }))];
    return async () => {
      for (const { heal } of heals) await heal();
    };
  }

  get isDetached(): boolean {
    return this.#detachments.size > 0;
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
    const faults = this.#cuts.size + this.#resets.size + this.#limits.size + this.#detachments.size;
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
    if (this.isDetached) {
      this.clock.schedule(0, () => refuse(connection));
      return connection.node;
    }
    this.#carry('up', {
      arrived: () => this.#accept(connection),
      gaveUp: () => refuse(connection),
      isOver: () => connection.node.isClosed,
    });
    return connection.node;
  }

  admit(connection: object, direction: Direction, bytes: number): Admitted {
    if (this.#resets.size > 0) return { bytes: 0, closes: 'broken' };
    if (this.shapes[direction].stalls.size > 0) return { bytes: 0, closes: null };
    let admitted: Admitted = { bytes, closes: null };
    if (this.#limits.size > 0) {
      for (const limit of this.#limits) {
        if (limit.direction === direction) admitted = limit.admit(connection, admitted);
      }
    }
    this.#bytes[direction] += admitted.bytes;
    return admitted;
  }

  saw(end: 'node' | 'relay', connection: object, direction: Direction, bytes: Uint8Array): void {
    const point = end === 'node' ? this.node : 'relay';
    const peer = end === 'node' ? 'relay' : this.node;
    const flow = this.#flows.get(connection)!;
    this.#options.capture.saw(point, { atMs: this.clock.wallMs, flow, peer, direction, bytes });
  }

  turned(end: 'node' | 'relay', connection: object, how: Turn): void {
    const flow = this.#flows.get(connection);
    if (flow !== undefined) this.#options.capture.turned(end === 'node' ? this.node : 'relay', flow, how);
  }

  abruptReason(): CloseReason {
    return this.#prng.chance(0.5) ? 'ended' : 'broken';
  }

  finished(connection: SimulatedConnection): void {
    this.#connections.delete(connection);
  }

  /** A packet that opens a connection. */
  #carry(direction: Direction, fate: PacketFate): void {
    const shape = this.shapes[direction];
    const { isLost, delayMs } = shape.packet();
    if (isLost) shape.sendAgain(reconnectMs, fate);
    else this.clock.schedule(delayMs, () => fate.arrived());
  }

  #accept(connection: SimulatedConnection): void {
    if (connection.node.isClosed) return;
    if (this.#cuts.size > 0) {
      refuse(connection);
      return;
    }
    this.#flows.set(connection, `${this.node}/${this.#connectionCount}`);
    this.#connectionCount += 1;
    this.turned('node', connection, 'opened');
    this.#carry('down', {
      arrived: () => connection.node.opened(),
      gaveUp: () => undefined, // The node knows how long it waits for an answer.
      isOver: () => connection.node.isClosed,
    });
    this.#connect(connection);
  }

  /** Those the middle box has taken. */
  #accepted(): SimulatedConnection[] {
    return [...this.#connections].filter((connection) => this.#flows.has(connection));
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
    this.turned('relay', connection, 'opened');
    target.process.deliver(() => relayEnd.tell(target.accept(relayEnd)));
    connection.up.start();
    connection.down.start();
  }
}

function refuse(connection: SimulatedConnection): void {
  connection.up.stop();
  connection.node.closeWith('refused');
}

/** Lets so many bytes of each connection pass; those before the limit was set do not count. */
class ByteLimit {
  readonly direction: Direction;
  readonly bytesMax: number;
  readonly #passed = new WeakMap<object, number>();

  constructor(direction: Direction, bytesMax: number) {
    this.direction = direction;
    this.bytesMax = bytesMax;
  }

  admit(connection: object, asked: Admitted): Admitted {
    const before = this.#passed.get(connection) ?? 0;
    const bytes = Math.min(asked.bytes, this.bytesMax - before);
    this.#passed.set(connection, before + bytes);
    return { bytes, closes: before + bytes === this.bytesMax ? 'ended' : asked.closes };
  }
}

/** Healing twice does nothing. */
function once(heal: Heal): Heal {
  let healing: Promise<void> | null = null;
  return () => {
    healing ??= heal();
    return healing;
  };
}
