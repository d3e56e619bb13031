import { DatabaseSync } from 'node:sqlite';
import type { Answer, HeldItem, NodeEvent, Operation } from '../../contract/control.ts';
import type { Clock, Timer } from '../../support/clock.ts';
import { Prng } from '../../support/prng.ts';
import { seededKem } from '../core/kem.ts';
import type { Database, OpenDatabase } from '../io/database.ts';
import type { CommonPorts, SecretFile } from '../io/ports.ts';
import { readOnly, SqliteSql, transact } from '../io/sql.ts';
import type { Connection, ConnectionEvents, Dialer, Listener } from '../io/transport.ts';
import { parseRelayConfig } from '../relay/config.ts';
import type { RelayChange } from '../relay/parts.ts';
import { composeRelay, type Relay } from '../relay/relay.ts';
import { defaultConfig, type NodeConfig } from './config.ts';
import { NodeControlServer } from './control.ts';
import type { DeviceHome } from './device-home.ts';
import type { NodeChange } from './parts.ts';

/** Time that moves only when a test says so. */
export class TestClock implements Clock {
  #nowMs = 0;
  #order = 0;
  #timers: { dueMs: number; order: number; fire: () => void }[] = [];

  wallMs(): number {
    return 1_800_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, order: this.#order++, fire };
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
      this.#timers.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
      const next = this.#timers[0];
      if (next === undefined || next.dueMs > untilMs) break;
      this.#timers.shift();
      this.#nowMs = next.dueMs;
      next.fire();
    }
    this.#nowMs = untilMs;
  }
}

/** Every promise that can go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A cable between nodes and the relay: bytes arrive after `delayMs`, or never while it is cut. */
export class Cable implements Listener {
  delayMs = 5;
  /** What is sent in one piece arrives in pieces of this size. */
  bytesAtOnce = Number.POSITIVE_INFINITY;
  /** Swallows dials and bytes both ways, as a firewall would. */
  isCut = false;
  /** What is sent in one piece arrives in two. */
  breaksUp = false;
  /** Between the arrivals of the pieces of what is sent at once; what is sent later does not wait for them. */
  apartMs = 0;
  /** Names of nodes whose bytes towards the relay are swallowed. */
  readonly mutedNodes = new Set<string>();
  readonly #clock: Clock;
  #accept: ((connection: Connection) => ConnectionEvents) | null = null;
  #open = new Set<End>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async listen(accept: (connection: Connection) => ConnectionEvents): Promise<void> {
    this.#accept = accept;
  }

  close(): void {
    this.#accept = null;
  }

  /** Ends every open connection abruptly. */
  drop(): void {
    for (const end of [...this.#open]) end.destroy();
  }

  dialerOf(name: string): Dialer {
    return { dial: (_address, events) => this.#dial(name, events) };
  }

  isMuted(name: string): boolean {
    return this.isCut || this.mutedNodes.has(name);
  }

  #dial(name: string, events: ConnectionEvents): Connection {
    const near = new End(this, name, events);
    this.later(() => {
      if (this.isMuted(name)) return;
      if (this.#accept === null) {
        near.finish('refused');
        return;
      }
      const far = new End(this, 'relay', null);
      near.peer = far;
      far.peer = near;
      this.#open.add(near).add(far);
      far.events = this.#accept(far);
      events.opened?.();
    });
    return near;
  }

  later(work: () => void, lateMs = 0): void {
    this.#clock.setTimer(this.delayMs + lateMs, work);
  }

  forget(end: End): void {
    this.#open.delete(end);
  }
}

class End implements Connection {
  readonly peerAddress = '10.0.0.1';
  readonly unsentBytes = 0;
  peer: End | null = null;
  events: ConnectionEvents | null;
  #isOver = false;
  readonly #cable: Cable;
  /** Whose end it is. */
  readonly #owner: string;

  constructor(cable: Cable, owner: string, events: ConnectionEvents | null) {
    this.#cable = cable;
    this.#owner = owner;
    this.events = events;
  }

  send(bytes: Uint8Array): void {
    if (this.#isOver) return;
    const { breaksUp, bytesAtOnce, apartMs } = this.#cable;
    const half = breaksUp ? bytes.length >> 1 : 0;
    let lateMs = 0;
    for (const part of [bytes.slice(0, half), bytes.slice(half)]) {
      for (let at = 0; at < part.length; at += bytesAtOnce) {
        const piece = part.slice(at, at + bytesAtOnce);
        this.#deliver((peer) => peer.events?.received(piece), lateMs);
        lateMs += apartMs;
      }
    }
  }

  close(): void {
    this.#deliver((peer) => peer.finish('ended'));
    this.#cable.later(() => this.finish('ended'));
  }

  destroy(): void {
    this.#deliver((peer) => peer.finish('broken'));
    this.#cable.later(() => this.finish('broken'));
  }

  finish(reason: 'ended' | 'broken' | 'refused'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cable.forget(this);
    this.events?.closed(reason);
  }

  #deliver(work: (peer: End) => void, lateMs = 0): void {
    this.#cable.later(() => {
      if (this.peer !== null && !this.peer.#isOver && !this.#cable.isMuted(this.#owner)) work(this.peer);
    }, lateMs);
  }
}

/** A device's storage in memory: closing keeps it, `fresh` empties it. */
export class MemoryHome implements DeviceHome {
  #sqlite: DatabaseSync | null = null;
  #sql: SqliteSql | null = null;
  #opened = 0;
  #key: Uint8Array | null = null;
  readonly keyFile: SecretFile = {
    read: () => this.#key,
    write: (content) => {
      this.#key = Uint8Array.from(content);
    },
  };
  readonly openDatabase: OpenDatabase = (schema) => {
    if (this.#sqlite === null) this.#use(new DatabaseSync(':memory:'));
    this.#sqlite!.exec(schema);
    this.#opened += 1;
    return this.#handle(this.#opened);
  };

  /** Called before and after each writing step of the open device; true stops the device there for good. */
  diesAt: (moment: 'before' | 'after') => boolean = () => false;

  /** The database, for tests that look or meddle. */
  get database(): Database {
    return this.#handle(this.#opened);
  }

  /** A later opening, or the death of the device, makes a handle useless: nothing it is asked ever comes back. */
  #handle(opening: number): Database {
    const isGone = (moment: 'before' | 'after'): boolean => {
      if (opening === this.#opened && this.diesAt(moment)) this.#opened += 1;
      return opening !== this.#opened;
    };
    return {
      transaction: async (step, work) => {
        if (isGone('before')) return never();
        const result = transact(this.#sqlite!, this.#sql!, step, work);
        return isGone('after') ? never() : result;
      },
      read: async (step, work) => (opening === this.#opened ? readOnly(this.#sql!, step, work) : never()),
      close: () => undefined,
    };
  }

  /** What a backup of the database would hold. */
  copy(): Uint8Array {
    return this.#sqlite!.serialize();
  }

  restore(copy: Uint8Array): void {
    const sqlite = new DatabaseSync(':memory:');
    sqlite.deserialize(copy);
    this.#use(sqlite);
  }

  async fresh(): Promise<void> {
    this.#sqlite = null;
    this.#key = null;
  }

  #use(sqlite: DatabaseSync): void {
    this.#sqlite = sqlite;
    this.#sql = new SqliteSql(sqlite);
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** One node as its tester sees it. */
export class TestNode {
  readonly home = new MemoryHome();
  readonly events: NodeEvent[] = [];
  readonly logLines: string[] = [];
  readonly #world: World;
  readonly #name: string;
  server: NodeControlServer;
  #id = 0;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
    this.server = this.#newServer([], world.nodeConfig);
  }

  async ask<Op extends Operation>(op: Op, parameters: object = {}): Promise<Answer> {
    this.#id += 1;
    const answering = this.server.handle(JSON.stringify({ id: this.#id, op, parameters }));
    let answer: string | null = null;
    void answering.then((line) => {
      answer = line;
    });
    await this.#world.until(`${this.#name} to answer ${op}`, () => answer !== null, 40_000);
    return JSON.parse(answer!) as Answer;
  }

  /** The value of an answer that must be ok. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for.
  async value(op: Operation, parameters: object = {}): Promise<any> {
    const answer = await this.ask(op, parameters);
    if (answer.outcome !== 'ok') throw new Error(`${this.#name} ${op}: ${JSON.stringify(answer)}`);
    return answer.value;
  }

  async push(text: string): Promise<string> {
    return (await this.value('push', { body: Buffer.from(text).toString('base64') })).item;
  }

  /** What it holds: the texts, sorted; deleted ones as their ids. */
  async texts(): Promise<string[]> {
    const rows = (await this.server.node?.rows()) ?? [];
    return rows.map((row) => (row.deleted ? `deleted ${row.blobId}` : Buffer.from(row.body!).toString())).sort();
  }

  /** What it holds, in an order that all nodes share. */
  async manifest(): Promise<HeldItem[]> {
    const items = (await this.server.node?.items()) ?? [];
    return items.sort((one, other) => (one.item < other.item ? -1 : 1));
  }

  /** A crash and a new start on the same storage, or on a copy. */
  async restart({
    changes = [],
    storage,
  }: {
    changes?: readonly NodeChange[];
    storage?: Uint8Array;
  } = {}): Promise<void> {
    this.server.kill();
    if (storage !== undefined) this.home.restore(storage);
    this.server = this.#newServer(changes, this.#world.nodeConfig);
    await this.server.start();
  }

  #newServer(changes: readonly NodeChange[], config: NodeConfig): NodeControlServer {
    return new NodeControlServer({
      ports: {
        ...this.#world.common(this.#name),
        dialer: this.#world.cable.dialerOf(this.#name),
        argon2: async ({ passphrase, salt }) => new Prng(`${Buffer.from(passphrase)} ${salt}`).bytes(32),
        log: (line) => this.logLines.push(line),
      },
      home: this.home,
      config,
      changes,
      emit: (event) => this.events.push(event),
    });
  }
}

/** A relay and its nodes in one process, with time and bytes in the hands of the test. */
export class World {
  readonly clock = new TestClock();
  readonly cable = new Cable(this.clock);
  readonly nodeConfig: NodeConfig;
  readonly #relayHome = new MemoryHome();
  #boots = 0;
  relay: Relay | null = null;

  constructor(nodeConfig: Partial<NodeConfig> = {}) {
    this.nodeConfig = { ...defaultConfig, ...nodeConfig };
  }

  common(name: string): Omit<CommonPorts, 'openDatabase' | 'keyFile'> {
    this.#boots += 1;
    const prng = new Prng(`${name} ${this.#boots}`);
    return {
      clock: this.clock,
      random: prng,
      kem: seededKem,
      log: () => undefined,
      process: { openDescriptors: () => 0, residentBytes: () => 0, openDescriptor: () => ({ close: () => undefined }) },
    };
  }

  async startRelay(changes: readonly RelayChange[] = [], tables: object = {}): Promise<void> {
    const config = parseRelayConfig('test', { limits: { messages_per_minute: 0 }, ...tables });
    const { openDatabase, keyFile } = this.#relayHome;
    const ports = { ...this.common('relay'), openDatabase, keyFile, listener: this.cable };
    this.relay = composeRelay(ports, config, changes);
    await this.relay.start();
  }

  async stopRelay(): Promise<void> {
    let stopped = false;
    void this.relay!.stop().then(() => {
      stopped = true;
    });
    await this.until('the relay to stop', () => stopped, 5000);
  }

  /** The address of the relay with its id. */
  get relayAddress(): string {
    return `relay:7000/${this.relay!.relayId}`;
  }

  get relayDatabase(): Database {
    return this.#relayHome.database;
  }

  /** Two devices in one group. */
  async pair(connect = true): Promise<[TestNode, TestNode]> {
    const a = new TestNode(this, 'node-a');
    const b = new TestNode(this, 'node-b');
    await a.value('init', { name: 'Ada' });
    await b.value('init', { name: 'Bob' });
    const { invite } = await a.value('pair', { relays: [this.relayAddress] });
    await b.value('pair', { relays: ['relay:7000'], invite });
    for (const node of connect ? [a, b] : []) {
      await node.value('connect');
      await this.until('a connection', async () => (await node.server.node!.status()).state === 'connected');
    }
    return [a, b];
  }

  /** Lets time pass until the condition holds. */
  async until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 30_000, stepMs = 10): Promise<void> {
    for (let waitedMs = 0; waitedMs <= timeoutMs; waitedMs += stepMs) {
      await this.clock.advance(stepMs);
      if (await holds()) return;
    }
    throw new Error(`waited ${timeoutMs} ms of virtual time for ${what}`);
  }

  /** Nothing waits anywhere and all vectors are equal. */
  async converged(...nodes: readonly TestNode[]): Promise<void> {
    let last = '';
    const isConverged = async (): Promise<boolean> => {
      const states = await Promise.all(nodes.map((node) => node.server.node!.status()));
      last = JSON.stringify(states);
      const [first] = states;
      return states.every(
        (state) =>
          state.pending === 0 &&
          state.outstanding?.length === 0 &&
          state.vector === first!.vector &&
          state.cursor === first!.cursor,
      );
    };
    await this.until('convergence', isConverged, 60_000).catch((error: Error) => {
      throw new Error(`${error.message}; last saw ${last}`);
    });
  }
}
