import {
  closesSession,
  envelopeNonceBytes,
  preambleBytes,
  protocolVersion,
  recordPrefixBytes,
  x25519KeyBytes,
} from '../../contract/wire.ts';
import type { Clock, Timer } from '../../support/clock.ts';
import { decodeEnvelope, encodeEnvelope, MessageError } from '../core/envelope.ts';
import { type BlobId, relayIdOf } from '../core/ids.ts';
import type { Message, MessageOf, PulledBlob } from '../core/messages.ts';
import { ChannelError, type ChannelEvent, type SecureChannel } from '../core/secure-channel.ts';
import type { CloseReason, Connection } from '../io/transport.ts';
import type { HandshakeFailureReason, HandshakeFailureStage } from './handshake-failure.ts';
import type { GroupRecord } from './identity.ts';
import { isAnswer, type OpenRequests, RelayRefusal, type RequestName, SessionEnded } from './open-requests.ts';
import type { NodeParts } from './parts.ts';
import type { Sealer } from './sealer.ts';
import type { NodeStats } from './stats.ts';

/** What is longer and still arriving can only be an answer: announcements take some 250 bytes, errors a sentence more. */
const announcementBytesMax = 1024;

/** Why a session that had been welcomed ended. */
export type SessionEnd = 'ended' | 'broken' | 'no-progress' | 'unreadable' | 'error' | 'storage';

/** What a session tells its owner. */
export interface SessionOwner {
  /** The relay accepted the connection. */
  opened(): void;
  welcomed(welcome: MessageOf<'WELCOME'>): void;
  /** The relay says that a blob exists at this cursor. */
  exists(cursor: number): void;
  /** A request was answered. */
  answered(roundTripMs: number): void;
  /** Nothing came of it; the last call. `code` is the relay's error, 0 when it gave none. */
  failed(
    failure: { stage: HandshakeFailureStage; reason: HandshakeFailureReason; afterMs: number } | null,
    code: number,
  ): void;
  /** It was welcomed and is over; the last call. */
  ended(reason: SessionEnd, code: number): void;
}

export interface SessionOptions {
  readonly parts: NodeParts;
  readonly group: GroupRecord;
  readonly sealer: Sealer;
  readonly stats: NodeStats;
  readonly owner: SessionOwner;
}

export type PullAnswer = { readonly blobs: readonly PulledBlob[]; readonly hasMore: boolean };

/**
 * One connection to the relay, from the dial to its end: handshake, HELLO, requests and their answers, heartbeat.
 *
 * The owner's calls reject with RelayRefusal or SessionEnded. A session that its owner closed tells it nothing more.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #requests: OpenRequests;
  #phase: 'dialling' | 'handshaking' | 'welcomed' | 'over' = 'dialling';
  #channel: SecureChannel | null = null;
  #ephemeral: Uint8Array | null = null;
  #hasHandshakeEnded = false;
  /** What the handshake waits for. */
  #awaited: HandshakeFailureStage = 'm2';
  #openedAtMs = 0;
  #progressAtMs = 0;
  #deadline: Timer | null = null;
  #watchdog: Timer | null = null;
  #heartbeat: Timer | null = null;
  /** The error with which the relay ended the session, 0 for none. */
  #code = 0;

  constructor(options: SessionOptions) {
    const { parts, group } = options;
    this.#options = options;
    this.#clock = parts.ports.clock;
    this.#requests = new parts.openRequests();
    this.#startDeadline();
    this.#connection = parts.ports.dialer.dial(group.relays[0]!.address, {
      opened: () => this.#opened(),
      received: (chunk) => this.#received(chunk),
      closed: (reason) => this.#closed(reason),
    });
  }

  /** Resolves with the cursor the relay gave the blob. */
  async push(blobId: BlobId, payload: Uint8Array): Promise<number> {
    this.#options.stats.pushesSent += 1;
    const answer = await this.#ask('PUSH', { type: 'PUSH', blobId, payload, ttl: 0 }, blobId);
    return (answer as MessageOf<'PUSH_ACK'>).cursor;
  }

  /** Every blob of the answer lies after the cursor, and one that promises more holds some. */
  async pull(afterCursor: number, limit: number): Promise<PullAnswer> {
    this.#options.stats.pulls += 1;
    const answer = (await this.#ask('PULL', { type: 'PULL', afterCursor, limit })) as MessageOf<'PULL_RESPONSE'>;
    const { blobs, hasMore } = answer;
    if (blobs.every(({ cursor }) => cursor > afterCursor) && (blobs.length > 0 || !hasMore)) return answer;
    this.giveUp('unreadable');
    throw new SessionEnded();
  }

  /** One answered heartbeat that reports how far this device has read; resolves with the round trip. */
  async presence(): Promise<number> {
    const ackedCursor = await this.#options.parts.store.acknowledged();
    const sentAtMs = this.#clock.monotonicMs();
    await this.#ask('PRESENCE', { type: 'PRESENCE', status: 'online', ackedCursor });
    return this.#clock.monotonicMs() - sentAtMs;
  }

  /** Resolves once the relay has answered something that was asked later: a DELETE itself has no answer. */
  async delete(blobId: BlobId, force: boolean): Promise<void> {
    const gone = this.#ask('DELETE', { type: 'DELETE', blobId, force });
    this.presence().catch(ended);
    await gone;
  }

  async listDevices(): Promise<MessageOf<'DEVICE_LIST'>['devices']> {
    return ((await this.#ask('LIST_DEVICES', { type: 'LIST_DEVICES' })) as MessageOf<'DEVICE_LIST'>).devices;
  }

  /** Says goodbye and ends the stream once that has left. */
  close(): void {
    if (this.#phase === 'over') return;
    if (this.#phase === 'welcomed') this.#send({ type: 'BYE', reason: null });
    this.#stop();
    this.#connection.close();
    // A dead link would keep the goodbye, and with it the descriptor, for as long as TCP goes on trying.
    this.#clock.setTimer(this.#options.parts.config.flushMs, () => this.#connection.destroy());
  }

  /** Gives everything up at once, as a crash of the process would. */
  abandon(): void {
    if (this.#phase === 'over') return;
    this.#stop();
    this.#connection.destroy();
  }

  /** For the owner, when its own side cannot go on. */
  giveUp(reason: SessionEnd): void {
    this.#end(reason, 'closed');
  }

  #opened(): void {
    if (this.#phase !== 'dialling') return;
    const { parts, group, owner } = this.#options;
    const { kem } = parts.ports;
    this.#phase = 'handshaking';
    this.#openedAtMs = this.#clock.monotonicMs();
    this.#startDeadline();
    this.#channel = parts.openChannel({
      role: 'initiator',
      mode: 'hybrid',
      keys: parts.identity.keys,
      ephemerals: parts.handshakeSecrets(),
      kem,
      acceptsRemote: (remote) => remote.kem !== null && relayIdOf(remote.dh, remote.kem) === group.relays[0]!.id,
    });
    owner.opened();
    const first = this.#channel.start();
    const keyAt = preambleBytes + recordPrefixBytes;
    this.#ephemeral = first.slice(keyAt, keyAt + x25519KeyBytes);
    this.#transmit(first);
  }

  #received(chunk: Uint8Array): void {
    if (this.#phase === 'over' || this.#channel === null) return;
    this.#options.stats.bytesIn += chunk.length;
    let events: readonly ChannelEvent[];
    let failure: ChannelError | null = null;
    try {
      events = this.#channel.receive(chunk);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      events = error.events;
      failure = error;
    }
    // Announcements do not show that the relay still hears this side, nor do parts of them; the rest of an answer does.
    let progressed = failure === null && this.#channel.incompleteBytes > announcementBytesMax;
    for (const event of events) progressed = this.#handle(event) || progressed;
    if (progressed) this.#progressAtMs = this.#clock.monotonicMs();
    if (failure !== null) this.#channelFailed(failure);
  }

  /** Whether the event shows progress on what was asked. */
  #handle(event: ChannelEvent): boolean {
    if (this.#isOver()) return false;
    switch (event.kind) {
      case 'send':
        this.#awaited = 'm4';
        this.#transmit(event.bytes);
        return true;
      case 'established':
        this.#established(event.handshakeHash);
        return true;
      case 'envelope':
        return this.#envelope(event.bytes);
    }
  }

  #established(handshakeHash: Uint8Array): void {
    const { observers } = this.#options.parts;
    this.#options.stats.handshakesOk += 1;
    this.#awaited = 'welcome';
    this.#endHandshake(null);
    if (observers.sessionKeys !== undefined) {
      const { sendKey, receiveKey } = this.#channel!.exportKeys();
      observers.sessionKeys({
        handshakeHash,
        ephemeral: this.#ephemeral!,
        initiatorKey: sendKey,
        responderKey: receiveKey,
      });
    }
    this.#hello().catch((error: unknown) => {
      if (!(error instanceof SessionEnded) && !(error instanceof RelayRefusal)) this.giveUp('storage');
    });
  }

  async #hello(): Promise<void> {
    const { parts, group, sealer } = this.#options;
    const { id, name } = parts.identity;
    const lastCursor = await parts.store.acknowledged();
    const sealedDeviceName = sealer.sealName(id, name);
    const hello = { type: 'HELLO', version: protocolVersion, sealedDeviceName, groupId: group.id, lastCursor } as const;
    await this.#ask('HELLO', hello);
  }

  #envelope(bytes: Uint8Array): boolean {
    const { group, stats } = this.#options;
    try {
      const { message, senderId, groupId } = decodeEnvelope(bytes);
      // A relay that ends the session before it knows the group has no group to name.
      const isOurs = groupId === group.id || (message.type === 'ERROR' && this.#phase === 'handshaking');
      if (isOurs && String(senderId) === group.relays[0]!.id) return this.#message(message);
      stats.frameErrors += 1;
      this.#end('unreadable', 'unreadable');
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      stats.frameErrors += 1;
      if (error.part === 'envelope') this.#end('unreadable', 'unreadable');
    }
    return false;
  }

  #message(message: Message): boolean {
    const { owner, parts } = this.#options;
    if (message.type === 'WELCOME' && this.#phase === 'handshaking') this.#welcome(message);
    if (this.#phase !== 'welcomed' && message.type !== 'ERROR') return false;
    if (isAnswer(message.type)) return this.#answer(message as Parameters<OpenRequests['answer']>[0]);
    switch (message.type) {
      case 'NOTIFY':
        owner.exists(message.cursor);
        return false;
      case 'PROGRESS':
        return true;
      case 'ERROR':
        parts.log.write('relay-error', { code: message.code });
        if (!closesSession(message.code)) {
          return this.#requests.refuse(new RelayRefusal(message.code, message.message));
        }
        this.#code = message.code;
        this.#end('error', 'refused');
        return false;
      default:
        // Hints (a deletion, another device's revocation) that change nothing here, and what only a node may send.
        return false;
    }
  }

  #welcome(welcome: MessageOf<'WELCOME'>): void {
    this.#phase = 'welcomed';
    this.#deadline?.cancel();
    this.#options.owner.welcomed(welcome);
    this.#startHeartbeat();
  }

  #answer(message: Parameters<OpenRequests['answer']>[0]): boolean {
    const request = this.#requests.answer(message);
    if (request === null) return false;
    const roundTripMs = this.#clock.monotonicMs() - request.sentAtMs;
    const { owner, parts, stats } = this.#options;
    stats.answered(roundTripMs);
    if (message.type === 'PRESENCE') parts.log.write('heartbeat-answered', { tookMs: roundTripMs });
    owner.answered(roundTripMs);
    return true;
  }

  #ask(type: RequestName, message: Message, blobId: BlobId | null = null): Promise<Message | null> {
    return new Promise((succeed, fail) => {
      if (this.#phase !== 'welcomed' && !(type === 'HELLO' && this.#phase === 'handshaking')) {
        fail(new SessionEnded());
        return;
      }
      const sentAtMs = this.#clock.monotonicMs();
      if (this.#requests.isEmpty) this.#progressAtMs = sentAtMs;
      this.#requests.add({ type, blobId, sentAtMs, succeed, fail });
      this.#send(message);
      this.#watch();
    });
  }

  #send(message: Message): void {
    const { parts, group } = this.#options;
    const { clock, random } = parts.ports;
    const envelope = encodeEnvelope({
      message,
      senderId: parts.identity.id,
      groupId: group.id,
      cursor: 0,
      timestamp: Math.floor(clock.wallMs() / 1000),
      nonce: random.bytes(envelopeNonceBytes),
    });
    this.#transmit(this.#channel!.seal(envelope));
  }

  #transmit(bytes: Uint8Array): void {
    this.#options.stats.bytesOut += bytes.length;
    this.#connection.send(bytes);
  }

  #startDeadline(): void {
    this.#deadline?.cancel();
    this.#deadline = this.#clock.setTimer(this.#options.parts.config.handshakeTimeoutMs, () =>
      this.#end('no-progress', 'timed-out'),
    );
  }

  /** Ends the session when a request is open and nothing has moved for too long. */
  #watch(): void {
    if (this.#watchdog !== null) return;
    const { requestTimeoutMs } = this.#options.parts.config;
    const leftMs = this.#progressAtMs + requestTimeoutMs - this.#clock.monotonicMs();
    this.#watchdog = this.#clock.setTimer(Math.max(0, leftMs), () => {
      this.#watchdog = null;
      if (this.#requests.isEmpty) return;
      if (this.#clock.monotonicMs() - this.#progressAtMs >= requestTimeoutMs) this.#end('no-progress', 'timed-out');
      else this.#watch();
    });
  }

  #startHeartbeat(): void {
    this.#heartbeat = this.#clock.setTimer(this.#options.parts.config.heartbeatMs, () => {
      this.#startHeartbeat();
      // One at a time: behind a large frame on a slow link they would only pile up. But while a large answer comes in
      // slowly the heartbeat's own is behind it, and the relay must not hear nothing all the while.
      const isReading = (this.#channel?.incompleteBytes ?? 0) > announcementBytesMax;
      if (isReading || !this.#requests.has('PRESENCE')) this.presence().catch(ended);
    });
  }

  #closed(reason: CloseReason): void {
    this.#end(reason === 'ended' ? 'ended' : 'broken', 'closed');
  }

  #channelFailed(error: ChannelError): void {
    const { stats } = this.#options;
    if (error.kind === 'auth') stats.authFailed('session');
    else if (error.kind !== 'handshake') stats.frameErrors += 1;
    if (error.kind === 'handshake') this.#awaited = error.stage ?? this.#awaited;
    this.#end('unreadable', error.reason ?? 'unreadable');
  }

  #end(reason: SessionEnd, handshakeReason: HandshakeFailureReason): void {
    if (this.#phase === 'over') return;
    const phase = this.#phase;
    const { owner } = this.#options;
    this.#endHandshake(handshakeReason);
    this.#stop();
    this.#connection.destroy();
    if (phase === 'welcomed') owner.ended(reason, this.#code);
    else if (phase === 'dialling') owner.failed(null, 0);
    else owner.failed(this.#handshakeFailure(handshakeReason), this.#code);
  }

  #handshakeFailure(reason: HandshakeFailureReason) {
    this.#options.stats.handshakeFailed(reason);
    return { stage: this.#awaited, reason, afterMs: this.#clock.monotonicMs() - this.#openedAtMs };
  }

  /** Told once for each handshake that sent something. */
  #endHandshake(failure: HandshakeFailureReason | null): void {
    if (this.#ephemeral === null || this.#hasHandshakeEnded) return;
    this.#hasHandshakeEnded = true;
    this.#options.parts.observers.handshakeEnded?.(this.#ephemeral, failure);
  }

  #stop(): void {
    this.#endHandshake('closed');
    this.#phase = 'over';
    for (const timer of [this.#deadline, this.#watchdog, this.#heartbeat]) timer?.cancel();
    this.#channel?.close();
    this.#requests.failAll(new SessionEnded());
  }

  #isOver(): boolean {
    return this.#phase === 'over';
  }
}

/** For requests nobody waits for: that the session ended is told elsewhere. */
function ended(): void {}
