import type { Direction } from '../../contract/tap.ts';
import type { Timer } from '../../support/clock.ts';
import type { CloseReason, Connection, ConnectionEvents } from '../../sut/io/transport.ts';
import type { TapConnection } from '../sidecars/tap-connection.ts';
import type { Turn } from './link-capture.ts';
import { type LinkShape, retransmitMs, type Transit } from './link-shape.ts';
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
  /** Of bytes that arrived in order, how many may pass; the rest is swallowed. */
  admit(connection: object, direction: Direction, bytes: number): Admitted;
  saw(end: 'node' | 'relay', connection: object, direction: Direction, bytes: Uint8Array): void;
  /** A packet that opens or ends the connection passed the interface of one end. */
  turned(end: 'node' | 'relay', connection: object, how: Turn): void;
  /** How an end learns that the path or its peer went away without a goodbye; both ways happen in real networks. */
  abruptReason(): CloseReason;
  finished(connection: SimulatedConnection): void;
}

export interface Admitted {
  readonly bytes: number;
  /** The connection ends after them, in this way; null: it goes on. */
  readonly closes: 'ended' | 'broken' | null;
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
  breakOff(atNode: CloseReason | 'abrupt', atRelay = atNode): void {
    this.up.stop();
    this.down.stop();
    for (const [end, reason] of [[this.node, atNode] as const, [this.relay, atRelay] as const]) {
      if (end === null || end.isClosed) continue;
      const told = reason === 'abrupt' ? this.path.abruptReason() : reason;
      this.path.clock.schedule(closeMs, () => end.closeWith(told));
    }
  }

  /** A rate or a held end of the link is not what it was. */
  reshaped(): void {
    this.up.reshaped();
    this.down.reshaped();
  }

  /** The end of the connection passed the interface of this side, in either direction. */
  endSeen(end: ConnectionEnd, how: 'ended' | 'reset'): void {
    this.path.turned(end === this.node ? 'node' : 'relay', this, how);
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
    this.#descriptor = process.holds(
      () => this.#abandon(),
      () => out.queuedBytes,
    );
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
    this.#connection.endSeen(this, 'ended');
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
    this.#connection.endSeen(this, reason === 'broken' ? 'reset' : 'ended');
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
    this.#connection.endSeen(this, 'ended');
    this.#out.endAbruptly();
    this.#connection.endGone();
  }
}

/** Bytes on their way, or the end of their stream (no bytes). */
interface Parcel {
  bytes: Uint8Array;
  /** What happens when they, or a piece of them, are through. */
  readonly pass: (bytes: Uint8Array) => void;
  /** Every packet of it has reached the far side. */
  isAcross: boolean;
}

/**
 * One direction of a connection: a stream that keeps its order whatever the link does. What is sent is first in flight,
 * where packets are late or lost, and then at the gate, where a rate lets it through piece by piece.
 */
class Flow {
  readonly #connection: SimulatedConnection;
  readonly #direction: Direction;
  readonly #shape: LinkShape;
  readonly #wayBack: LinkShape;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #unreadBytes = 0;
  readonly #flight: Parcel[] = [];
  readonly #gate: Parcel[] = [];
  #gateTimer: Timer | null = null;
  #heldEnd: { readonly timer: Timer; readonly tell: () => void } | null = null;
  /** Whole microseconds, as the clock counts, so that rounding cannot change the order. */
  #latestArrivalUs = 0;
  #state: 'waiting' | 'running' | 'stopped' = 'waiting';
  #end: 'none' | 'queued' | 'sent' = 'none';

  constructor(connection: SimulatedConnection, direction: Direction) {
    this.#connection = connection;
    this.#direction = direction;
    this.#shape = connection.path.shapes[direction];
    this.#wayBack = connection.path.shapes[direction === 'up' ? 'down' : 'up'];
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
    this.#connection.tap?.abandon();
    const told = this.#connection.path.abruptReason();
    const tell = () => this.#connection.receiver(this.#direction)?.closeWith(told);
    this.#dispatch(this.#shape.packet(), () => this.#passEnd(tell));
  }

  /** A rule of the tap that held something back was taken out: it passes now. */
  wakeTap(): void {
    const { tap } = this.#connection;
    if (tap === null || this.#state === 'stopped') return;
    const nothing = new Uint8Array(0);
    if (this.#direction === 'down') this.#passTapDown(tap, nothing);
    else if (this.#passTapUp(tap, nothing).closes) this.#connection.breakOff('ended');
  }

  /** No byte passes any more, those on their way included. */
  stop(): void {
    this.#state = 'stopped';
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#gateTimer?.cancel();
    this.#heldEnd?.timer.cancel();
  }

  /** What waits at the gate, or the end that is held, goes by what the link is now. */
  reshaped(): void {
    if (this.#state === 'stopped') return;
    if (this.#gate.length > 0) {
      this.#gateTimer?.cancel();
      this.#openGate();
    }
    if (this.#heldEnd !== null && this.#shape.heldCloses.size === 0) {
      const { timer, tell } = this.#heldEnd;
      this.#heldEnd = null;
      timer.cancel();
      tell();
    }
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
    else this.#passTapDown(tap, bytes);
  }

  /** The tap is at the relay's end: what it lets pass begins its way there. */
  #passTapDown(tap: TapConnection, bytes: Uint8Array): void {
    const passage = tap.pass('down', bytes, this.#connection.path.clock.wallMs);
    this.#travel(passage.forward);
    if (passage.close) this.#dispatch(this.#shape.packet(), () => this.#connection.breakOff('ended'));
  }

  /** At the end of the way the tap lets bytes pass, and what it holds no longer fills the window. */
  #passTapUp(tap: TapConnection, bytes: Uint8Array): { readonly closes: boolean } {
    const passage = tap.pass('up', bytes, this.#connection.path.clock.wallMs);
    this.#unreadBytes += passage.forward.length - bytes.length;
    this.#deliver(passage.forward);
    return { closes: passage.close };
  }

  #travel(bytes: Uint8Array): void {
    this.#unreadBytes += bytes.length;
    for (const part of this.#shape.parts(bytes)) this.#dispatch(part, this.#passOn);
  }

  #transmitEnd(): void {
    const { path, tap } = this.#connection;
    if (this.#direction === 'down' && tap !== null) this.#travel(tap.end('down', path.clock.wallMs));
    const tell = () => {
      if (this.#direction === 'up' && tap !== null) this.#deliver(tap.end('up', path.clock.wallMs));
      this.#connection.receiver(this.#direction)?.peerEnded();
    };
    this.#dispatch(this.#shape.packet(), () => this.#passEnd(tell));
  }

  /** Sends it on its way; a packet that is given up takes its connection along. */
  #dispatch({ bytes, delayMs, isLost }: Transit, pass: Parcel['pass']): void {
    const { clock } = this.#connection.path;
    const parcel: Parcel = { bytes, pass, isAcross: false };
    this.#flight.push(parcel);
    const arrived = () => {
      parcel.isAcross = true;
      this.#wayBack.acknowledge();
      this.#land();
    };
    if (isLost) {
      const gaveUp = () => this.#connection.breakOff('broken');
      this.#shape.sendAgain(retransmitMs, { arrived, gaveUp, isOver: () => this.#state === 'stopped' });
      return;
    }
    this.#latestArrivalUs = Math.max(this.#latestArrivalUs, Math.round((clock.nowMs + delayMs) * 1000));
    clock.schedule(this.#latestArrivalUs / 1000 - clock.nowMs, arrived);
  }

  /** In order: what is across waits for what was sent before it. */
  #land(): void {
    if (this.#state === 'stopped' || this.#flight[0]?.isAcross !== true) return;
    const parcel = this.#flight.shift()!;
    // One arrival, one event: what waited behind it is a read of its own.
    if (this.#flight[0]?.isAcross === true) this.#connection.path.clock.schedule(0, () => this.#land());
    if (this.#gate.length === 0 && this.#shape.pace === null) {
      parcel.pass(parcel.bytes);
      return;
    }
    this.#gate.push(parcel);
    if (this.#gate.length === 1) this.#openGate();
  }

  /** For the next piece of what waits, after the time that its bytes take. */
  #openGate(): void {
    const parcel = this.#gate[0];
    if (parcel === undefined || this.#state === 'stopped') return;
    const piece = parcel.bytes.subarray(0, this.#shape.pace?.pieceBytes);
    this.#gateTimer = this.#connection.path.clock.schedule(this.#shape.takesMs(piece.length), () => {
      if (piece.length === parcel.bytes.length) this.#gate.shift();
      else parcel.bytes = parcel.bytes.subarray(piece.length);
      parcel.pass(piece);
      this.#openGate();
    });
  }

  readonly #passOn = (bytes: Uint8Array): void => {
    const { path, tap } = this.#connection;
    const admitted = path.admit(this.#connection, this.#direction, bytes.length);
    const passing = bytes.subarray(0, admitted.bytes);
    this.#unreadBytes -= bytes.length - passing.length;
    let { closes } = admitted;
    if (this.#direction === 'down' || tap === null) this.#deliver(passing);
    else if (passing.length > 0 && this.#passTapUp(tap, passing).closes) closes ??= 'ended';
    // To the tap, a limit before it is the end of the sender.
    if (this.#direction === 'up' && tap !== null && admitted.closes === 'ended') {
      this.#deliver(tap.end('up', path.clock.wallMs));
    }
    if (closes !== null) this.#connection.breakOff(closes);
    else if (passing.length < bytes.length) this.#drain();
  };

  /** The other side hears of the end now, or when the link no longer holds it back. */
  #passEnd(tell: () => void): void {
    const { holdCloseMs } = this.#shape;
    if (holdCloseMs === 0) {
      tell();
      return;
    }
    const timer = this.#connection.path.clock.schedule(holdCloseMs, () => {
      this.#heldEnd = null;
      tell();
    });
    this.#heldEnd = { timer, tell };
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
