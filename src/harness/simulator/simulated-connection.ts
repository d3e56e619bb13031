import type { Direction } from '../../contract/tap.ts';
import type { CloseReason, Connection, ConnectionEvents } from '../../sut/io/transport.ts';
import type { TapConnection } from '../sidecars/tap-connection.ts';
import type { LinkShape, Transit } from './link-shape.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Bytes of one direction on their way or unread; more wait at the sender (kernels and proxy buffer about as much). */
const windowBytes = 1024 * 1024;
/** Between the moment a middle box closes a connection and the moment its ends know. */
const closeMs = 0.15;

/** The part of a link that its connections go through. */
export interface ConnectionPath {
  readonly clock: VirtualClock;
  readonly shapes: Readonly<Record<Direction, LinkShape>>;
  /** Of bytes that arrived in order, how many may pass, and whether the connection ends after them. */
  admit(connection: object, direction: Direction, bytes: number): { readonly bytes: number; readonly closes: boolean };
  saw(end: 'node' | 'relay', connection: object, direction: Direction, bytes: Uint8Array): void;
  /** How an end learns that the path or its peer went away without a goodbye; both ways happen in real networks. */
  abruptReason(): CloseReason;
  finished(connection: SimulatedConnection): void;
}

/** One connection through a link: two ends, two flows, and the tap where the topology has one. */
export class SimulatedConnection {
  readonly path: ConnectionPath;
  /** Set when the connection reaches it. */
  tap: TapConnection | null = null;
  readonly node: ConnectionEnd;
  relay: ConnectionEnd | null = null;
  readonly up: Flow;
  readonly down: Flow;

  constructor(path: ConnectionPath, process: SimulatedProcess, peerAddress: string) {
    this.path = path;
    this.up = new Flow(this, 'up');
    this.down = new Flow(this, 'down');
    this.node = new ConnectionEnd(this, process, peerAddress, this.up);
  }

  /** The far side of the connection exists from now on. */
  attachRelay(process: SimulatedProcess, peerAddress: string): ConnectionEnd {
    this.relay = new ConnectionEnd(this, process, peerAddress, this.down);
    return this.relay;
  }

  receiver(direction: Direction): ConnectionEnd | null {
    return direction === 'up' ? this.relay : this.node;
  }

  /** A rule of the tap that held something of the direction back was taken out. */
  wakeTap(direction: Direction): void {
    const flow = direction === 'up' ? this.up : this.down;
    flow.wakeTap();
  }

  /** Nothing passes any more in either direction; both ends hear of it a moment later. */
  breakOff(reason: CloseReason | 'abrupt'): void {
    this.up.stop();
    this.down.stop();
    for (const end of [this.node, this.relay]) {
      if (end === null || end.isClosed) continue;
      const told = reason === 'abrupt' ? this.path.abruptReason() : reason;
      this.path.clock.schedule(closeMs, () => end.closeWith(told));
    }
  }

  /** One end is gone for good. */
  endGone(): void {
    if (this.node.isClosed && (this.relay === null || this.relay.isClosed)) this.path.finished(this);
  }
}

/** One end, as the program that owns it sees it. */
export class ConnectionEnd implements Connection {
  readonly peerAddress: string;
  readonly #connection: SimulatedConnection;
  readonly #process: SimulatedProcess;
  readonly #out: Flow;
  readonly #descriptor: { close(): void };
  #events: ConnectionEvents | null = null;
  #state: 'open' | 'ended' | 'closed' = 'open';
  #hasPeerEnded = false;

  constructor(connection: SimulatedConnection, process: SimulatedProcess, peerAddress: string, out: Flow) {
    this.#connection = connection;
    this.#process = process;
    this.peerAddress = peerAddress;
    this.#out = out;
    this.#descriptor = process.holds(() => this.#abandon());
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** The peer is gone and the program has not closed its own end yet: CLOSE_WAIT. */
  get waitsForClose(): boolean {
    return this.#hasPeerEnded && !this.isClosed;
  }

  get unsentBytes(): number {
    return this.#out.queuedBytes;
  }

  tell(events: ConnectionEvents): void {
    this.#events = events;
  }

  send(bytes: Uint8Array): void {
    if (this.#state === 'open' && !this.#process.isGone) this.#out.send(bytes.slice());
  }

  close(): void {
    if (this.#state !== 'open' || this.#process.isGone) return;
    this.#state = 'ended';
    this.#out.end();
  }

  destroy(): void {
    if (this.isClosed || this.#process.isGone) return;
    this.#abandon();
    this.#connection.path.clock.schedule(0, () => this.#tellClosed('broken'));
  }

  opened(): void {
    this.#process.deliver(() => {
      if (!this.isClosed) this.#events?.opened?.();
    });
  }

  /** `read` is called when the program has taken the bytes. */
  received(bytes: Uint8Array, read: () => void): void {
    this.#process.deliver(() => {
      if (this.isClosed) return;
      read();
      this.#events?.received(bytes);
    });
  }

  /** The peer's stream is over; ours ends as well, once what was queued has left. */
  peerEnded(): void {
    if (this.isClosed) return;
    if (this.#state === 'open') this.#out.end();
    this.closeWith('ended');
  }

  closeWith(reason: CloseReason): void {
    if (this.isClosed) return;
    this.#hasPeerEnded = true;
    // Bytes that arrived earlier may still wait for a paused program; it hears of them first.
    this.#process.deliver(() => {
      if (this.isClosed) return;
      this.#state = 'closed';
      this.#connection.endGone();
      this.#tellClosed(reason);
    });
  }

  #tellClosed(reason: CloseReason): void {
    this.#process.deliver(() => {
      this.#descriptor.close();
      this.#events?.closed(reason);
    });
  }

  /** Given up, or its process is gone: what was queued is lost, the peer hears of it after what is on its way. */
  #abandon(): void {
    if (this.isClosed) return;
    this.#state = 'closed';
    this.#out.endAbruptly();
    this.#connection.endGone();
  }
}

/** One direction of a connection: a stream that keeps its order whatever the link does. */
class Flow {
  readonly #connection: SimulatedConnection;
  readonly #direction: Direction;
  readonly #shape: LinkShape;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #unreadBytes = 0;
  /** Whole microseconds, as the clock counts, so that rounding cannot change the order. */
  #latestArrivalUs = 0;
  #state: 'waiting' | 'running' | 'stopped' = 'waiting';
  #end: 'none' | 'queued' | 'sent' = 'none';

  constructor(connection: SimulatedConnection, direction: Direction) {
    this.#connection = connection;
    this.#direction = direction;
    this.#shape = connection.path.shapes[direction];
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The connection is established in this direction. */
  start(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'running';
    this.#drain();
  }

  send(bytes: Uint8Array): void {
    if (this.#state === 'stopped') return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#drain();
  }

  end(): void {
    if (this.#end === 'none') this.#end = 'queued';
    this.#drain();
  }

  endAbruptly(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#state === 'stopped' || this.#end === 'sent') return;
    this.#end = 'sent';
    const told = this.#connection.path.abruptReason();
    this.#arrive(this.#shape.packet(false), () => this.#connection.receiver(this.#direction)?.closeWith(told));
  }

  wakeTap(): void {
    const { tap } = this.#connection;
    if (tap === null || this.#state !== 'running') return;
    if (this.#direction === 'down') this.#tapDown(tap, new Uint8Array(0));
    else if (this.#tapUp(tap, new Uint8Array(0))) this.#connection.breakOff('ended');
  }

  /** No byte passes any more, those on their way included. */
  stop(): void {
    this.#state = 'stopped';
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #drain(): void {
    if (this.#state !== 'running') return;
    while (this.#queue.length > 0 && this.#unreadBytes < windowBytes) {
      const bytes = this.#queue.shift()!;
      this.#queuedBytes -= bytes.length;
      this.#transmit(bytes);
    }
    if (this.#end === 'queued' && this.#queue.length === 0) {
      this.#end = 'sent';
      this.#transmitEnd();
    }
  }

  #transmit(bytes: Uint8Array): void {
    const { path, tap } = this.#connection;
    path.saw(this.#direction === 'up' ? 'node' : 'relay', this.#connection, this.#direction, bytes);
    if (this.#direction === 'up' || tap === null) this.#travel(bytes);
    else this.#tapDown(tap, bytes);
  }

  /** The tap stands at the relay's end of the path: what leaves it travels down. */
  #tapDown(tap: TapConnection, bytes: Uint8Array): void {
    const passage = tap.pass('down', bytes, this.#connection.path.clock.wallMs);
    this.#travel(passage.forward);
    if (passage.close) this.#arrive(this.#shape.packet(false), () => this.#connection.breakOff('ended'));
  }

  /** What leaves the tap upwards has arrived. Answers whether the connection ends after it. */
  #tapUp(tap: TapConnection, bytes: Uint8Array): boolean {
    const passage = tap.pass('up', bytes, this.#connection.path.clock.wallMs);
    // Held by the tap, it no longer fills the window.
    this.#unreadBytes += passage.forward.length - bytes.length;
    this.#deliver(passage.forward);
    return passage.close;
  }

  #travel(bytes: Uint8Array): void {
    this.#unreadBytes += bytes.length;
    for (const part of this.#shape.parts(bytes)) this.#arrive(part, () => this.#passOn(part.bytes));
  }

  #transmitEnd(): void {
    const { path, tap } = this.#connection;
    if (this.#direction === 'down' && tap !== null) this.#travel(tap.end('down', path.clock.wallMs));
    this.#arrive(this.#shape.packet(false), () => {
      if (this.#direction === 'up' && tap !== null) this.#deliver(tap.end('up', path.clock.wallMs));
      this.#connection.receiver(this.#direction)?.peerEnded();
    });
  }

  /** In order: never before what was sent earlier. A segment that is given up takes its connection along. */
  #arrive(transit: Transit, arrived: () => void): void {
    const { clock } = this.#connection.path;
    this.#latestArrivalUs = Math.max(this.#latestArrivalUs, Math.round((clock.nowMs + transit.delayMs) * 1000));
    clock.schedule(this.#latestArrivalUs / 1000 - clock.nowMs, () => {
      if (this.#state === 'stopped') return;
      if (transit.aborts) this.#connection.breakOff('broken');
      else arrived();
    });
  }

  #passOn(bytes: Uint8Array): void {
    const { path, tap } = this.#connection;
    const admitted = path.admit(this.#connection, this.#direction, bytes.length);
    const passing = bytes.subarray(0, admitted.bytes);
    let { closes } = admitted;
    if (this.#direction === 'up' && tap !== null) {
      const tapCloses = this.#tapUp(tap, passing);
      // To the tap, a limit before it is the end of the sender.
      if (admitted.closes) this.#deliver(tap.end('up', path.clock.wallMs));
      closes ||= tapCloses;
    } else {
      this.#deliver(passing);
    }
    if (closes) this.#connection.breakOff('ended');
  }

  #deliver(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const { path } = this.#connection;
    path.saw(this.#direction === 'up' ? 'relay' : 'node', this.#connection, this.#direction, bytes);
    this.#connection.receiver(this.#direction)?.received(bytes, () => {
      this.#unreadBytes -= bytes.length;
      this.#drain();
    });
  }
}
