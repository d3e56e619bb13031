import type { RelayStats } from '../../contract/relay-stats.ts';
import { errorCodes } from '../../contract/wire.ts';
import type { Timer } from '../../support/clock.ts';
import type { RelayId } from '../core/ids.ts';
import type { RelayPorts } from '../io/ports.ts';
import { StorageError } from '../io/storage-error.ts';
import type { Connection, ConnectionEvents } from '../io/transport.ts';
import type { RelayConfig } from './config.ts';
import { logStorageFailure, type Refusal } from './log-events.ts';
import { type RelayChange, type RelayParts, relayParts } from './parts.ts';
import { RelayPages } from './relay-pages.ts';
import { Requests } from './requests.ts';
import type { RelaySession } from './session.ts';

/** A relay of these parts, each change applied to what the one before left. */
export function composeRelay(ports: RelayPorts, config: RelayConfig, changes: readonly RelayChange[] = []): Relay {
  return new Relay(changes.reduce((parts, change) => change(parts), relayParts(ports, config)));
}

const ignored: ConnectionEvents = { received: () => undefined, closed: () => undefined };

/**
 * The reference relay: ends Noise sessions, keeps ciphertext in order per group, and hands it to the group's devices.
 *
 * `start`, then any number of connections, then `stop`. Everything it touches is handed in.
 */
export class Relay {
  readonly pages: RelayPages;
  readonly #parts: RelayParts;
  readonly #requests: Requests;
  readonly #connections = new Set<RelaySession>();
  /** Frames still being executed whose connections are gone. */
  readonly #orphans = new Set<Promise<void>>();
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new';
  #startedAtMs = 0;
  #cleanupTimer: Timer | null = null;
  #cleaning: Promise<void> = Promise.resolve();
  /** Set while stopping: called when the last connection is gone. */
  #emptied: (() => void) | null = null;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.#requests = new Requests(parts);
    this.pages = new RelayPages(parts, {
      connections: () => this.#connections.size,
      uptimeMs: () => this.#uptimeMs,
      stats: () => this.stats(),
      cleanUp: () => this.cleanUp(),
    });
  }

  get relayId(): RelayId {
    return this.#parts.identity.relayId;
  }

  /** Cleans up, then accepts connections. */
  async start(): Promise<void> {
    const { ports, log } = this.#parts;
    this.#startedAtMs = ports.clock.monotonicMs();
    this.#state = 'running';
    await this.#cleanup();
    await ports.listener.listen((connection) => this.accept(connection));
    log.write('relay-started', { tookMs: this.#uptimeMs });
  }

  /** Takes a new connection; what it then tells goes to the returned session. */
  accept(connection: Connection): ConnectionEvents {
    const refusal = this.#refusalOf(connection);
    if (refusal !== null) {
      const { counts, metrics, doorLines, log } = this.#parts;
      counts.reject(refusal);
      metrics.errorAnswered();
      doorLines.write((skipped) => log.write('connection-refused', { reason: refusal, skipped }));
      connection.destroy();
      return ignored;
    }
    this.#parts.counts.accepts += 1;
    this.#parts.metrics.connectionAccepted();
    const session = new this.#parts.session(this.#parts, connection, {
      serve: (which, frame) => this.#requests.serve(which, frame),
      gone: (which) => this.#gone(which),
    });
    this.#connections.add(session);
    return session;
  }

  /** Tells every session that the relay goes, waits up to a second for them, then closes the database. */
  async stop(): Promise<void> {
    if (this.#state !== 'running') return;
    const { ports, log, database } = this.#parts;
    const stoppedAtMs = ports.clock.monotonicMs();
    this.#state = 'stopping';
    this.#cleanupTimer?.cancel();
    ports.listener.close();
    const sessions = [...this.#connections];
    for (const session of sessions) {
      session.close('stopping', { code: errorCodes.RELAY_SHUTTING_DOWN, message: 'the relay is shutting down' });
    }
    if (sessions.length > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
    await Promise.all([this.#cleaning, ...this.#orphans]);
    this.#state = 'stopped';
    database.close();
    log.write('relay-stopped', { tookMs: ports.clock.monotonicMs() - stoppedAtMs });
  }

  /** Cleans up now, beside the regular rounds; resolves when it is done. */
  cleanUp(): Promise<void> {
    this.#cleaning = this.#cleaning.then(() => this.#cleanupOnce());
    return this.#cleaning;
  }

  /** What `/admin/stats` shows. */
  async stats(): Promise<RelayStats> {
    const { store, sessions, pending, counts, ports } = this.#parts;
    const groups = await store.groups();
    const nowMs = ports.clock.monotonicMs();
    return {
      uptimeMs: Math.round(this.#uptimeMs),
      sessions: sessions.all.map((session) => ({
        session: session.token.text,
        device: session.peer?.deviceId ?? '',
        recordsIn: session.recordsIn,
        recordsOut: session.recordsOut,
        framesIn: session.framesIn,
        framesOut: session.framesOut,
        pushesIn: session.pushesIn,
        openForMs: Math.round(nowMs - session.openedAtMs),
      })),
      pendingHandshakes: pending.count,
      accepts: counts.accepts,
      rejects: Object.fromEntries([...counts.rejects].sort(([a], [b]) => (a < b ? -1 : 1))),
      recordsIn: counts.recordsIn,
      recordsOut: counts.recordsOut,
      framesIn: counts.framesIn,
      framesOut: counts.framesOut,
      heartbeatsIn: counts.heartbeatsIn,
      heartbeatsOut: counts.heartbeatsOut,
      groups: [...groups],
      openDescriptors: ports.process.openDescriptors(),
      residentBytes: ports.process.residentBytes(),
      cleanupRuns: counts.cleanupRuns,
      expired: counts.expired,
      deleted: counts.deleted,
    };
  }

  get #uptimeMs(): number {
    return this.#parts.ports.clock.monotonicMs() - this.#startedAtMs;
  }

  #refusalOf(connection: Connection): Refusal | null {
    if (this.#state !== 'running') return 'stopping';
    if (this.#connections.size >= this.#parts.config.connectionsMax) return 'connection-limit';
    return this.#parts.addresses.enter(connection.peerAddress) ? null : 'address-limit';
  }

  #gone(session: RelaySession): void {
    this.#connections.delete(session);
    const served = session.served();
    this.#orphans.add(served);
    void served.then(() => this.#orphans.delete(served));
    this.#parts.addresses.leave(session.peerAddress);
    if (this.#connections.size === 0) this.#emptied?.();
  }

  /** Runs now and, while the relay runs, after each interval. */
  async #cleanup(): Promise<void> {
    const { ports, config } = this.#parts;
    this.#cleaning = this.#cleanupOnce();
    await this.#cleaning;
    if (this.#state !== 'running') return;
    this.#cleanupTimer = ports.clock.setTimer(config.cleanupEveryMs, () => void this.#cleanup());
  }

  async #cleanupOnce(): Promise<void> {
    const { ports, store, config, counts, rates, log, fatal } = this.#parts;
    const startedMs = ports.clock.monotonicMs();
    try {
      const { expired, deleted, acknowledged } = await store.cleanup();
      if (config.vacuumOnCleanup) await store.vacuum();
      rates.dropIdle(startedMs);
      counts.cleanupRuns += 1;
      counts.expired += expired;
      counts.deleted += deleted + acknowledged; // Both are gone before their time was up.
      log.write('cleanup', { expired, deleted, acknowledged, tookMs: ports.clock.monotonicMs() - startedMs });
    } catch (error) {
      if (!(error instanceof StorageError)) return fatal(error);
      logStorageFailure(log, error);
    }
  }
}
