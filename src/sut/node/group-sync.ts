import type { NodeState } from '../../contract/control.ts';
import { errorCodes, errorNameOf } from '../../contract/wire.ts';
import type { Timer } from '../../support/clock.ts';
import {
  type ConnectionAction,
  type ConnectionEvent,
  type ConnectionState,
  transition,
} from '../core/connection-state.ts';
import type { HealthRule } from '../core/health-rule.ts';
import { StorageError } from '../io/storage-error.ts';
import { Asker } from './asker.ts';
import type { GroupRecord } from './identity.ts';
import { RelayRefusal, SessionEnded } from './open-requests.ts';
import { Outbox } from './outbox.ts';
import type { NodeParts } from './parts.ts';
import type { Pulled, Puller } from './puller.ts';
import type { Sealer } from './sealer.ts';
import type { Session, SessionOwner } from './session.ts';
import type { NodeStats } from './stats.ts';
import type { Applied } from './store.ts';
import type { SyncContext } from './sync-context.ts';
import { tellGap } from './tell-gap.ts';

/**
 * One device in its group: performs what the state machine of the connection says, and sets the workers (outbox, puller,
 * asker) going when there is a session for them.
 */
export class GroupSync {
  readonly outbox: Outbox;
  readonly sealer: Sealer;
  readonly #parts: NodeParts;
  readonly #stats: NodeStats;
  readonly #puller: Puller;
  readonly #asker: Asker;
  #group: GroupRecord;
  #state: ConnectionState = { name: 'disconnected' };
  /** From the dial on. */
  #session: Session | null = null;
  #isReady = false;
  #health: HealthRule;
  #waitTimer: Timer | null = null;
  #terminalError: string | null = null;
  #told = '';
  /** Since the process started, or the relay went back, nobody has looked what the relay lacks. */
  #mayHaveLost = true;
  #isKilled = false;

  constructor(parts: NodeParts, group: GroupRecord, stats: NodeStats) {
    this.#parts = parts;
    this.#group = group;
    this.#stats = stats;
    this.sealer = parts.sealer(group);
    this.#health = parts.newHealthRule();
    const context: SyncContext = {
      parts,
      sealer: this.sealer,
      stats,
      session: () => (this.#isReady ? this.#session : null),
      failed: (error) => this.#failed(error),
    };
    const tellApplied = (applied: Applied) => this.#tellApplied(applied);
    this.outbox = new Outbox(context);
    this.#puller = new context.parts.puller(context, tellApplied, () => this.#caughtUp());
    this.#asker = new Asker(context, tellApplied);
  }

  /** What `status` shows: the state of the connection, or `degraded` while it stands but feels slow. */
  get state(): { readonly state: NodeState; readonly attempt: number } {
    const { name } = this.#state;
    const attempt = 'attempt' in this.#state ? this.#state.attempt : 0;
    return { state: name === 'connected' && this.#health.isDegraded ? 'degraded' : name, attempt };
  }

  /** Why the relay will never accept this device, or null. */
  get terminalError(): string | null {
    return this.#terminalError;
  }

  /** The session, once the relay has welcomed this device; null otherwise. */
  get session(): Session | null {
    return this.#isReady ? this.#session : null;
  }

  connect(): void {
    this.#terminalError = null;
    this.#step('connect');
  }

  disconnect(): void {
    this.#step('disconnect');
  }

  /** Other addresses of the relays; they count from the next dial on. */
  setGroup(group: GroupRecord): void {
    this.#group = group;
  }

  setPageItems(items: number): void {
    this.#puller.pageItems = items;
  }

  /** Rejects with SessionEnded or RelayRefusal. */
  pullNow(): Promise<Pulled> {
    return this.#puller.pullNow();
  }

  /** As if the process had died: nothing is said or stored any more. */
  kill(): void {
    this.#isKilled = true;
    this.#isReady = false;
    this.#session?.abandon();
    this.#session = null;
    this.#waitTimer?.cancel();
    this.#stopWorkers();
  }

  #step(event: ConnectionEvent): void {
    if (this.#isKilled) return;
    const { state, actions } = transition(this.#state, event);
    this.#state = state;
    for (const action of actions) this.#perform(action);
    this.#tellState();
  }

  #perform(action: ConnectionAction): void {
    switch (action.kind) {
      case 'dial':
        this.#dial();
        return;
      case 'start-handshake':
        return; // The session does that itself, in the same call.
      case 'close':
        this.#isReady = false;
        this.#session?.close();
        this.#session = null;
        this.#stopWorkers();
        return;
      case 'wait':
        this.#wait(action.attempt);
        return;
      case 'cancel-wait':
        this.#waitTimer?.cancel();
        this.#waitTimer = null;
        return;
      case 'diagnose':
        this.#parts.log.write('out-of-turn', { state: this.#state.name });
        return;
    }
  }

  #wait(attempt: number): void {
    if (!this.#parts.config.autoReconnect) return;
    this.#waitTimer = this.#parts.ports.clock.setTimer(this.#parts.retryDelayMs(attempt), () => {
      this.#waitTimer = null;
      this.#step('timer');
    });
  }

  #dial(): void {
    this.#session = new this.#parts.session({
      parts: this.#parts,
      group: this.#group,
      sealer: this.sealer,
      stats: this.#stats,
      owner: this.#owner(),
    });
  }

  #owner(): SessionOwner {
    return {
      opened: () => this.#step('opened'),
      welcomed: ({ maxCursor }) => {
        if ('attempt' in this.#state && this.#state.attempt > 0) this.#stats.reconnects += 1;
        this.#health = this.#parts.newHealthRule();
        this.#puller.startsAt(maxCursor);
        this.#step('welcomed');
        this.#begin(maxCursor).catch((error: unknown) => this.#failed(error));
      },
      exists: (cursor) => this.#puller.exists(cursor),
      answered: (roundTripMs) => {
        this.#health.answered(roundTripMs);
        this.#tellState();
      },
      failed: (failure, code) => {
        if (failure !== null) {
          this.#parts.log.write('handshake-failed', failure);
          this.#parts.events.emit({ event: 'handshake-failed', ...failure });
        }
        this.#lost(code, code === errorCodes.UNAUTHORIZED || code === errorCodes.DEVICE_REVOKED);
      },
      ended: (reason, code) => {
        this.#parts.log.write('session-ended', { reason, code });
        // A session that stood is unauthorized when a newer one of this device took its place: often a forgotten
        // connection of its own, whose HELLO was late.
        this.#lost(code, code === errorCodes.DEVICE_REVOKED);
      },
    };
  }

  #lost(code: number, isFinal: boolean): void {
    if (isFinal) this.#terminalError = errorNameOf(code);
    this.#step(isFinal ? 'refused' : 'lost');
  }

  /** The relay has welcomed this device, with its head. */
  async #begin(head: number): Promise<void> {
    const { store, log } = this.#parts;
    const session = this.#session;
    if (head < (await store.contiguous())) {
      log.write('relay-went-back', {});
      this.#stats.fullRescans += 1;
      await store.startOver();
      this.#mayHaveLost = true;
    }
    if (session !== this.#session || session === null) return;
    this.#isReady = true;
    this.#puller.wake();
    this.#asker.connected();
    this.outbox.connected();
  }

  /** Everything up to the relay's head was read: this device's own numbers are known now. */
  async #caughtUp(): Promise<void> {
    this.outbox.caughtUp();
    if (!this.#mayHaveLost) return;
    this.#mayHaveLost = false;
    await this.#parts.store.requeueLost();
    this.outbox.allowNumbers();
  }

  #stopWorkers(): void {
    this.outbox.disconnected();
    this.#puller.disconnected();
    this.#asker.disconnected();
  }

  #tellApplied({ received, refused, adopted, returned, gaps, duplicates, forks }: Applied): void {
    const { events, log } = this.#parts;
    this.#stats.itemsReceived += received.length;
    this.#stats.duplicatesDiscarded += duplicates;
    this.#stats.authFailed('blob', refused.length);
    this.#stats.authFailed('history', forks);
    if (forks > 0) log.write('history-forked', { blobs: forks });
    for (const { item, cursor, author, sequence } of received) {
      events.emit({ event: 'received', item, cursor, author, sequence });
    }
    for (const { item, cursor, sequence } of adopted) this.outbox.tellAcked(item, cursor, sequence);
    this.outbox.returned(returned);
    for (const gap of gaps) tellGap(this.#parts, gap);
    for (const { cursor, reason } of refused) {
      log.write('blob-refused', { reason });
      events.emit({ event: 'refused', cursor, reason });
    }
  }

  /** What a worker could not deal with. A storage that fails ends the session: after the wait all is read from it anew. */
  #failed(error: unknown): void {
    if (this.#isKilled || error instanceof SessionEnded || error instanceof RelayRefusal) return;
    const { log } = this.#parts;
    if (!(error instanceof StorageError)) {
      this.#parts.fatal(error);
      return;
    }
    log.write('storage-failed', { failure: error.failure });
    this.#session?.giveUp('storage');
  }

  #tellState(): void {
    const now = this.state;
    const told = `${now.state} ${now.attempt}`;
    if (told === this.#told) return;
    this.#told = told;
    this.#parts.log.write('state', now);
    this.#parts.events.emit({ event: 'state', ...now });
  }
}
