import { type ErrorCode, errorCodes, type HandshakeStage } from '../../contract/wire.ts';
import type { Timer } from '../../support/clock.ts';
import { encodeEnvelope } from '../core/envelope.ts';
import type { HandshakeFailure } from '../core/handshake.ts';
import { type DeviceId, deviceIdFromBytes, type GroupId, groupIdFromBytes } from '../core/ids.ts';
import type { RemoteStatic } from '../core/key-material.ts';
import type { Message } from '../core/messages.ts';
import { ChannelError, type ChannelEvent, type SecureChannel } from '../core/secure-channel.ts';
import { LogToken } from '../io/event-log.ts';
import type { CloseReason, Connection, ConnectionEvents } from '../io/transport.ts';
import type { CloseCause } from './log-events.ts';
import { NonceHistory } from './nonce-history.ts';
import type { RelayParts } from './parts.ts';

/** More requests than this waiting for their turn end the session; a node has up to 32 pushes and a heartbeat out. */
const queuedRequestsMax = 64;
/** More bytes than this waiting to leave end the session: the peer has stopped reading. */
const unsentBytesMax = 4 * 1024 * 1024;
/** How long the peer may take to close its side after we closed ours. */
const lingerMs = 1000;

/** Before HELLO the group is not known; errors carry this one. */
const noGroup = groupIdFromBytes(new Uint8Array(32));

/** The rest of the relay, as a session sees it. */
export interface SessionOwner {
  /** Executes one frame of the session. */
  serve(session: RelaySession, frame: Uint8Array): Promise<void>;
  /** The connection is gone for good. */
  gone(session: RelaySession): void;
}

/** An ERROR that ends the session. */
export interface Farewell {
  readonly code: ErrorCode;
  readonly message: string;
}

/** The channel of a HELLO: who the peer says it is. */
export interface Peer {
  /** Proven by the first frame that opens. */
  readonly deviceId: DeviceId;
  readonly remote: RemoteStatic;
}

/**
 * One connection from its first byte to its last: handshake, frames in the order they came, time limits, and sending.
 *
 * It is a session of a device once HELLO was accepted (`welcome`), and ends exactly once.
 */
export class RelaySession implements ConnectionEvents {
  readonly token: LogToken;
  readonly peerAddress: string;
  readonly openedAtMs: number;
  readonly nonces = new NonceHistory();
  recordsIn = 0;
  recordsOut = 0;
  framesIn = 0;
  framesOut = 0;
  /** PUSH messages read, whatever became of them. */
  pushesIn = 0;
  /** Known once the handshake is through. */
  peer: Peer | null = null;
  /** Known once HELLO was read. */
  groupId: GroupId | null = null;
  /** The acknowledgement this session reported last, and when it was stored. */
  acknowledged = { cursor: 0, atMs: Number.NEGATIVE_INFINITY };

  readonly #parts: RelayParts;
  readonly #connection: Connection;
  readonly #channel: SecureChannel;
  readonly #owner: SessionOwner;
  readonly #queue: Uint8Array[] = [];
  #serving: Promise<void> | null = null;
  #phase: 'door' | 'welcomed' | 'closed' = 'door';
  #handshakeRuns = true;
  #handshakeFailure: { readonly stage: HandshakeStage; readonly reason: HandshakeFailure } | null = null;
  /** What the group saw while HELLO was being stored. */
  #untilWelcome: Message[] = [];
  #lastReceivedMs: number;
  /** HELLO time limit, then idle cut, then linger: never two at once. */
  #timer: Timer;
  #progressTimer: Timer | null = null;

  constructor(parts: RelayParts, connection: Connection, owner: SessionOwner) {
    const { clock, random, kem } = parts.ports;
    this.#parts = parts;
    this.#connection = connection;
    this.#owner = owner;
    this.peerAddress = connection.peerAddress;
    this.token = LogToken.draw(random);
    this.openedAtMs = clock.monotonicMs();
    this.#lastReceivedMs = this.openedAtMs;
    const ephemerals = parts.drawEphemerals();
    parts.observer.handshakeStarted(this.token, ephemerals);
    this.#channel = parts.openChannel({
      role: 'responder',
      keys: parts.identity.keys,
      ephemerals,
      kem,
      allowsClassical: parts.config.allowClassical,
    });
    this.#timer = clock.setTimer(parts.config.helloTimeoutMs, () => this.close('hello-timeout'));
    parts.pending.add(this);
  }

  get isWelcomed(): boolean {
    return this.#phase === 'welcomed';
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** Resolves when no frame of this session is being executed. */
  async served(): Promise<void> {
    await this.#serving;
  }

  received(chunk: Uint8Array): void {
    if (this.isClosed) return;
    this.#lastReceivedMs = this.#parts.ports.clock.monotonicMs();
    this.#parts.metrics.bytesMoved(chunk.length);
    try {
      this.#take(this.#channel.receive(chunk));
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.#take(error.events);
      if (error.kind === 'handshake') this.#handshakeFailure = { stage: error.stage!, reason: error.reason! };
      this.close(error.kind === 'handshake' ? 'handshake' : error.kind === 'frame' ? 'bad-frame' : 'bad-record');
    }
    this.#watchProgress();
  }

  closed(reason: CloseReason): void {
    this.#end(reason === 'broken' ? 'lost' : 'peer-ended');
    this.#timer.cancel();
    this.#owner.gone(this);
  }

  /** HELLO was accepted: `first` goes out before whatever the group saw meanwhile. */
  welcome(first: readonly Message[]): void {
    const { clock } = this.#parts.ports;
    this.#phase = 'welcomed';
    this.#timer.cancel();
    this.#watchIdle(this.#parts.config.idleCutMs);
    this.#parts.pending.remove(this, 'entered');
    this.#parts.log.write('session-opened', { session: this.token, afterMs: clock.monotonicMs() - this.openedAtMs });
    for (const message of [...first, ...this.#untilWelcome]) this.send(message);
    this.#untilWelcome = [];
    this.#watchProgress();
  }

  /** Something that happened in the group; waits for WELCOME. */
  announce(message: Message): void {
    if (this.#phase === 'door') this.#untilWelcome.push(message);
    else this.send(message);
  }

  /** Sends one message; nothing once the session has ended. A peer that does not read ends it. */
  send(message: Message): void {
    if (this.isClosed) return;
    if (this.#connection.unsentBytes > unsentBytesMax) {
      this.close('slow-reader', { code: errorCodes.RELAY_OVERLOADED, message: 'answers are not being read' });
      return;
    }
    this.#transmit(message);
  }

  /** Ends the session, with an ERROR where there is something to say. Harmless after the end. */
  close(cause: CloseCause, farewell: Farewell | null = null): void {
    if (this.isClosed) return;
    if (farewell !== null && this.#channel.isEstablished) this.#transmit({ type: 'ERROR', ...farewell });
    this.#end(cause);
    this.#connection.close();
    this.#timer = this.#parts.ports.clock.setTimer(lingerMs, () => this.#connection.destroy());
  }

  /** Gives the connection up at once. */
  destroy(): void {
    this.#end('stopping');
    this.#timer.cancel();
    this.#connection.destroy();
  }

  #take(events: readonly ChannelEvent[]): void {
    for (const event of events) {
      if (event.kind === 'send') {
        this.#sendBytes(event.bytes);
      } else if (event.kind === 'envelope') {
        this.#enqueue(event.bytes);
      } else {
        this.peer = { deviceId: deviceIdFromBytes(event.remoteStatic.dh), remote: event.remoteStatic };
        this.#endHandshake(this.#channel);
      }
    }
    this.#countRecords();
  }

  #enqueue(frame: Uint8Array): void {
    if (this.isClosed) return;
    this.framesIn += 1;
    this.#parts.counts.framesIn += 1;
    this.#parts.log.write('frame-received', { session: this.token, frame: frame.length });
    if (this.#queue.length >= queuedRequestsMax) {
      this.close('overloaded', { code: errorCodes.RELAY_OVERLOADED, message: 'too many requests at once' });
      return;
    }
    this.#queue.push(frame);
    this.#serving ??= this.#serveAll();
  }

  /** One after the other, so that answers come in the order of the requests. */
  async #serveAll(): Promise<void> {
    try {
      for (let frame = this.#queue.shift(); frame !== undefined; frame = this.#queue.shift()) {
        await this.#owner.serve(this, frame);
      }
    } catch (error) {
      this.#parts.fatal(error);
    }
    this.#serving = null;
  }

  #transmit(message: Message): void {
    const { ports, identity, log, counts } = this.#parts;
    const envelope = encodeEnvelope({
      message,
      senderId: identity.relayId,
      groupId: this.groupId ?? noGroup,
      cursor: cursorOf(message),
      timestamp: Math.floor(ports.clock.wallMs() / 1000),
      nonce: ports.random.bytes(24),
    });
    this.framesOut += 1;
    counts.framesOut += 1;
    if (message.type === 'PRESENCE') counts.heartbeatsOut += 1;
    log.write('frame-sent', { session: this.token, message: message.type, frame: envelope.length });
    this.#sendBytes(this.#channel.seal(envelope));
    this.#countRecords();
  }

  #sendBytes(bytes: Uint8Array): void {
    this.#parts.metrics.bytesMoved(bytes.length);
    this.#connection.send(bytes);
  }

  #countRecords(): void {
    const { send, receive } = this.#channel.recordCounts;
    this.#parts.counts.recordsIn += receive - this.recordsIn;
    this.#parts.counts.recordsOut += send - this.recordsOut;
    this.recordsIn = receive;
    this.recordsOut = send;
  }

  #watchIdle(delayMs: number): void {
    const { clock } = this.#parts.ports;
    this.#timer = clock.setTimer(delayMs, () => {
      const leftMs = this.#lastReceivedMs + this.#parts.config.idleCutMs - clock.monotonicMs();
      if (leftMs <= 0) this.close('idle');
      else this.#watchIdle(leftMs);
    });
  }

  /** While a frame of the peer is incomplete it hears how much of it has come. */
  #watchProgress(): void {
    if (!this.isWelcomed || this.#progressTimer !== null || this.#channel.incompleteBytes === 0) return;
    this.#progressTimer = this.#parts.ports.clock.setTimer(this.#parts.config.progressEveryMs, () => {
      this.#progressTimer = null;
      const receivedBytes = this.#channel.incompleteBytes;
      if (receivedBytes > 0) this.send({ type: 'PROGRESS', receivedBytes });
      this.#watchProgress();
    });
  }

  #endHandshake(channel: SecureChannel | null): void {
    if (!this.#handshakeRuns) return;
    this.#handshakeRuns = false;
    this.#parts.observer.handshakeEnded(this.token, channel);
  }

  #end(cause: CloseCause): void {
    if (this.isClosed) return;
    const { log, doorLines, counts, pending, sessions, ports } = this.#parts;
    const openMs = ports.clock.monotonicMs() - this.openedAtMs;
    const wasWelcomed = this.isWelcomed;
    this.#phase = 'closed';
    this.#queue.length = 0;
    this.#untilWelcome = [];
    this.#timer.cancel();
    this.#progressTimer?.cancel();
    this.#endHandshake(null);
    this.#channel.close();
    sessions.remove(this);
    const session = this.token;
    if (wasWelcomed) {
      log.write('session-closed', { session, cause, openMs, framesIn: this.framesIn, framesOut: this.framesOut });
      return;
    }
    pending.remove(this, 'failed');
    counts.reject(cause);
    const { stage, reason } = this.#handshakeFailure ?? { stage: 'none', reason: 'none' };
    doorLines.write((skipped) => {
      log.write('connection-turned-away', { session, cause, stage, reason, afterMs: openMs, skipped });
    });
  }
}

/** The cursor an envelope carries beside its body: what the message is about, 0 where it is about none. */
function cursorOf(message: Message): number {
  switch (message.type) {
    case 'PUSH_ACK':
    case 'NOTIFY':
      return message.cursor;
    case 'WELCOME':
    case 'PULL_RESPONSE':
      return message.maxCursor;
    default:
      return 0;
  }
}
