import { DatabaseSync } from 'node:sqlite';
import type { Clock, Timer } from '../../support/clock.ts';
import { Prng } from '../../support/prng.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../core/envelope.ts';
import { type DeviceId, deviceIdFromBytes, type GroupId, groupIdFromBytes } from '../core/ids.ts';
import { seededKem } from '../core/kem.ts';
import { ephemeralsBytes, ephemeralsOf, staticKeysBytes, staticKeysOf } from '../core/key-material.ts';
import type { Message, MessageOf } from '../core/messages.ts';
import { SecureChannel } from '../core/secure-channel.ts';
import type { Database } from '../io/database.ts';
import { readOnly, SqliteSql, transact } from '../io/sql.ts';
import type { Connection, ConnectionEvents } from '../io/transport.ts';
import { parseRelayConfig } from './config.ts';
import type { RelayChange } from './parts.ts';
import { composeRelay, type Relay } from './relay.ts';
import { schema } from './schema.ts';

/** Time that moves only when a test says so. */
export class TestClock implements Clock {
  #nowMs = 0;
  #timers: { readonly dueMs: number; readonly fire: () => void }[] = [];

  wallMs(): number {
    return 1_800_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, fire };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      await settled();
      const due = this.#timers.filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = due.dueMs;
      due.fire();
    }
    this.#nowMs = untilMs;
    await settled();
  }
}

/** Every promise that can go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** An in-memory database with the ports' rules. */
export function memoryDatabase(text = schema): Database & { readonly raw: DatabaseSync } {
  const raw = new DatabaseSync(':memory:');
  raw.exec('PRAGMA auto_vacuum = INCREMENTAL');
  raw.exec(text);
  const sql = new SqliteSql(raw);
  return {
    raw,
    transaction: async (step, work) => transact(raw, sql, step, work),
    read: async (step, work) => readOnly(sql, step, work),
    close: () => raw.close(),
  };
}

/** The client's end of a cable without delay into the relay. */
export class TestConnection {
  /** What the relay has sent, in chunks. */
  readonly arrived: Uint8Array[] = [];
  /** The relay has closed or given up its end. */
  end: 'open' | 'closed' | 'destroyed' = 'open';
  /** Set to keep what the relay sends from leaving. */
  isBlocked = false;
  onBytes: (bytes: Uint8Array) => void = () => undefined;
  readonly #relayEvents: ConnectionEvents;
  #unsentBytes = 0;
  #isOver = false;

  constructor(relay: Relay, peerAddress: string) {
    const finish = (end: 'closed' | 'destroyed'): void => {
      if (this.end === 'open') this.end = end;
      queueMicrotask(() => this.#over(end === 'closed' ? 'ended' : 'broken'));
    };
    const connection: Connection = {
      peerAddress,
      send: (bytes) => {
        if (this.isBlocked) this.#unsentBytes += bytes.length;
        else if (this.end === 'open') {
          this.arrived.push(bytes);
          this.onBytes(bytes);
        }
      },
      // A blocked peer does not close its side either.
      close: () => {
        if (this.isBlocked) this.end = 'closed';
        else finish('closed');
      },
      destroy: () => finish('destroyed'),
      get unsentBytes(): number {
        return unsent();
      },
    };
    const unsent = (): number => this.#unsentBytes;
    this.#relayEvents = relay.accept(connection);
  }

  send(bytes: Uint8Array): void {
    if (!this.#isOver) this.#relayEvents.received(bytes);
  }

  /** The client goes. */
  close(reason: 'ended' | 'broken' = 'ended'): void {
    this.#over(reason);
  }

  #over(reason: 'ended' | 'broken'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#relayEvents.closed(reason);
  }
}

/** A node as a test needs it: says what it is told to say. */
export class TestNode {
  readonly deviceId: DeviceId;
  readonly received: Message[] = [];
  connection: TestConnection | null = null;
  channel: SecureChannel | null = null;
  readonly groupId: GroupId;
  readonly #world: RelayWorld;
  readonly #keyBytes: Uint8Array;

  constructor(world: RelayWorld, keyBytes: Uint8Array, groupId: GroupId) {
    this.#world = world;
    this.#keyBytes = keyBytes;
    this.groupId = groupId;
    this.deviceId = deviceIdFromBytes(staticKeysOf(keyBytes).dh.publicKey);
  }

  /** Connects and shakes hands, no more. */
  async shakeHands(mode: 'hybrid' | 'classical' = 'hybrid', address = '10.0.0.1'): Promise<void> {
    const channel = new SecureChannel({
      role: 'initiator',
      mode,
      keys: staticKeysOf(this.#keyBytes),
      ephemerals: ephemeralsOf(this.#world.prng.bytes(ephemeralsBytes)),
      kem: seededKem,
    });
    const connection = this.#world.connect(address);
    this.channel = channel;
    this.connection = connection;
    connection.onBytes = (bytes) => {
      for (const event of channel.receive(bytes)) {
        if (event.kind === 'send') connection.send(event.bytes);
        if (event.kind === 'envelope') this.received.push(decodeEnvelope(event.bytes).message);
      }
    };
    connection.send(channel.start());
    await settled();
  }

  /** A whole session; returns WELCOME. */
  async join(lastCursor = 0, address = '10.0.0.1'): Promise<MessageOf<'WELCOME'>> {
    await this.shakeHands('hybrid', address);
    return this.ask(this.helloOf(lastCursor), 'WELCOME');
  }

  helloOf(lastCursor = 0): MessageOf<'HELLO'> {
    return {
      type: 'HELLO',
      version: 1,
      sealedDeviceName: this.#world.prng.bytes(60),
      groupId: this.groupId,
      lastCursor,
    };
  }

  pushOf(payload: Uint8Array, ttl = 0): MessageOf<'PUSH'> {
    return { type: 'PUSH', blobId: this.#world.newBlobId(), payload, ttl };
  }

  envelopeOf(message: Message, changed: Partial<Envelope> = {}): Envelope {
    return {
      message,
      senderId: this.deviceId,
      groupId: this.groupId,
      cursor: 0,
      timestamp: 1_700_000_000,
      nonce: this.#world.prng.bytes(24),
      ...changed,
    };
  }

  send(message: Message, changed: Partial<Envelope> = {}): void {
    this.sendFrame(encodeEnvelope(this.envelopeOf(message, changed)));
  }

  sendFrame(frame: Uint8Array): void {
    this.connection!.send(this.channel!.seal(frame));
  }

  async ask<N extends Message['type']>(
    message: Message,
    answer: N,
    changed: Partial<Envelope> = {},
  ): Promise<MessageOf<N>> {
    this.send(message, changed);
    await settled();
    return this.take(answer);
  }

  /** Takes the first message of this type out of what has arrived. */
  take<N extends Message['type']>(type: N): MessageOf<N> {
    const index = this.received.findIndex((message) => message.type === type);
    if (index < 0) throw new Error(`expected ${type}, got ${JSON.stringify(this.received.map((m) => m.type))}`);
    return this.received.splice(index, 1)[0] as MessageOf<N>;
  }

  typesReceived(): string[] {
    return this.received.map((message) => message.type);
  }
}

/** A relay with a test's clock, a seeded random source and an in-memory database. */
export class RelayWorld {
  readonly clock = new TestClock();
  readonly prng = new Prng('relay world');
  readonly lines: string[] = [];
  readonly database = memoryDatabase();
  readonly errors: unknown[] = [];
  readonly relay: Relay;
  #key: Uint8Array | null = null;
  #descriptors = 20;

  constructor(tables: Record<string, unknown> = {}, changes: readonly RelayChange[] = []) {
    const config = parseRelayConfig('test', { log: { level: 'trace' }, http: { admin: true }, ...tables });
    const random = this.prng.fork('relay');
    const catches: RelayChange = (parts) => ({ ...parts, fatal: (error) => void this.errors.push(error) });
    this.relay = composeRelay(
      {
        clock: this.clock,
        random,
        kem: seededKem,
        openDatabase: () => this.database,
        keyFile: {
          read: () => this.#key,
          write: (content) => {
            this.#key = content;
          },
        },
        log: (line) => void this.lines.push(line),
        process: {
          openDescriptors: () => this.#descriptors,
          residentBytes: () => 1_000_000,
          openDescriptor: () => {
            this.#descriptors += 1;
            return {
              close: () => {
                this.#descriptors -= 1;
              },
            };
          },
        },
        listener: { listen: async () => undefined, close: () => undefined },
      },
      config,
      [...changes, catches],
    );
  }

  static async start(tables: Record<string, unknown> = {}, changes: readonly RelayChange[] = []): Promise<RelayWorld> {
    const world = new RelayWorld(tables, changes);
    await world.relay.start();
    return world;
  }

  connect(address = '10.0.0.1'): TestConnection {
    return new TestConnection(this.relay, address);
  }

  newGroup(): GroupId {
    return groupIdFromBytes(this.prng.bytes(32));
  }

  newNode(groupId: GroupId): TestNode {
    return new TestNode(this, this.newKeys(), groupId);
  }

  newKeys(): Uint8Array {
    return this.prng.bytes(staticKeysBytes);
  }

  newBlobId(): MessageOf<'PUSH'>['blobId'] {
    const hex = Buffer.from(this.prng.bytes(16)).toString('hex');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') as MessageOf<'PUSH'>['blobId'];
  }

  events(name: string): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === name);
  }
}
