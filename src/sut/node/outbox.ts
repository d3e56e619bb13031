import { errorCodes, errorNameOf } from '../../contract/wire.ts';
import { toHex } from '../../support/bytes.ts';
import type { Timer } from '../../support/clock.ts';
import { sha256 } from '../core/digest.ts';
import type { BlobId } from '../core/ids.ts';
import { Batched } from './batched.ts';
import { Coalesced } from './coalesced.ts';
import { RelayRefusal, SessionEnded } from './open-requests.ts';
import type { Session } from './session.ts';
import type { Ack } from './store.ts';
import type { SyncContext } from './sync-context.ts';
import type { SealedEntry } from './tables/outbox-table.ts';

/** Few enough that a batch of the largest items stays small in memory. */
const sealedAtOnce = 16;

/** How a push ended, for whoever waits for the relay. */
export type PushResult =
  | { readonly kind: 'acked'; readonly cursor: number; readonly sequence: number | null }
  | { readonly kind: 'failed'; readonly code: string };

/**
 * Takes accepted items to the relay: seals them in order, sends up to a window of them ahead of their acknowledgements,
 * and keeps each until its own has come. Order and content live in the store; here is only what is on its way.
 */
export class Outbox {
  readonly #context: SyncContext;
  readonly #sealing: Coalesced;
  readonly #sending: Coalesced;
  readonly #deleting: Coalesced;
  readonly #acks: Batched<Ack, number | null>;
  readonly #inFlight = new Set<BlobId>();
  readonly #attempts = new Map<BlobId, number>();
  /** Announced as sealed by this process, and still waiting. */
  readonly #toldSealed = new Set<BlobId>();
  readonly #waiters = new Map<BlobId, (result: PushResult) => void>();
  /** Numbers may be given: everything this device ever pushed has been read back. */
  #mayNumber = false;
  /** What the relay had when this connection began was read, and with it all it had of this device. */
  #isCaughtUp = false;
  /** Smaller after the relay refused one, so that few others pass it while it waits. */
  #window: number;
  #refusals = 0;
  #pauseTimer: Timer | null = null;
  /** Refused for what they are, not for the moment; they do not hold up the others. */
  readonly #setAside = new Map<BlobId, Timer>();
  /** How often something was sealed or came back, and how often it had when the store was seen to have nothing more. */
  #changes = 0;
  #changesWhenEmpty = -1;
  /** False once the store had no deletion to tell, until one is queued. */
  #mayHaveDeletions = true;

  constructor(context: SyncContext) {
    this.#context = context;
    this.#window = context.parts.config.outboxWindow;
    this.#sealing = new Coalesced(() => this.#sealAll(), context.failed);
    this.#sending = new Coalesced(() => this.#sendAll(), context.failed);
    this.#acks = new Batched((acks) => context.parts.store.acked(acks));
    this.#deleting = new Coalesced(() => this.#tellDeletions(), context.failed);
  }

  /** Something can move again. */
  wake(): void {
    this.#mayHaveDeletions = true; // Whoever asked last may not have got its answer.
    this.#sealing.run();
    this.#sendMore();
    this.#deleting.run();
  }

  /** An item was queued. */
  queued(): void {
    this.#sealing.run();
  }

  /** A tombstone was queued, and the deletion it explains. */
  deletionQueued(): void {
    this.#mayHaveDeletions = true;
    this.#sealing.run();
  }

  #sendMore(): void {
    this.#changes += 1;
    this.#sending.run();
  }

  /** From now on, for the life of the process, blobs get numbers. */
  allowNumbers(): void {
    this.#mayNumber = true;
    this.wake();
  }

  get mayNumber(): boolean {
    return this.#mayNumber;
  }

  /** Calls `tell` once when the relay has the blob or will never take it; returns what ends the waiting. */
  await(blobId: BlobId, tell: (result: PushResult) => void): () => void {
    this.#waiters.set(blobId, tell);
    return () => this.#waiters.delete(blobId);
  }

  /** How often a waiting blob was sent, and whether it is on its way now. */
  progressOf(blobId: BlobId): { attempts: number; inFlight: boolean } {
    return { attempts: this.#attempts.get(blobId) ?? 0, inFlight: this.#inFlight.has(blobId) };
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  /** There is a connection. What may have been sent on an earlier one goes one at a time, until pages say what is there. */
  connected(): void {
    this.#isCaughtUp = false;
    this.wake();
  }

  /** Everything that the relay had when it welcomed this device was read: what is still here it does not have. */
  caughtUp(): void {
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.#sending.run();
  }

  /**
   * The connection is gone: what was on its way goes out again in the old order, as soon as there is another and unless
   * a page brings it first.
   */
  disconnected(): void {
    for (const timer of [this.#pauseTimer, ...this.#setAside.values()]) timer?.cancel();
    this.#pauseTimer = null;
    this.#setAside.clear();
    this.#refusals = 0;
    this.#window = this.#context.parts.config.outboxWindow;
  }

  /**
   * The relay sent these blobs back as they wait here: it has them, and they need not go again. Those on their way now
   * wait for their own answer, and a page does not overrule a refusal.
   */
  returned(acks: readonly Ack[]): void {
    for (const { blobId, cursor } of acks) {
      if (this.#inFlight.has(blobId) || this.#setAside.has(blobId)) continue;
      this.#inFlight.add(blobId); // Not to be sent meanwhile.
      this.#acked(blobId, cursor).then(
        () => this.#ended(blobId, true),
        (error: unknown) => {
          this.#ended(blobId, false);
          this.#context.failed(error);
        },
      );
    }
  }

  async #sealAll(): Promise<void> {
    const { store } = this.#context.parts;
    while (this.#mayNumber) {
      const sealed = await store.sealNext(sealedAtOnce, (blob) => this.#context.sealer.seal(blob));
      if (sealed.length === 0) return;
      for (const entry of sealed) this.#tellSealed(entry, entry.sequence);
      this.#sendMore();
      if (sealed.length < sealedAtOnce) return;
    }
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const session = this.#context.session();
      if (session === null || this.#pauseTimer !== null || this.#inFlight.size >= this.#window) return;
      const changes = this.#changes;
      if (changes === this.#changesWhenEmpty) return;
      const entry = await this.#context.parts.store.nextToSend(new Set([...this.#inFlight, ...this.#setAside.keys()]));
      if (entry === null) {
        this.#changesWhenEmpty = changes;
        return;
      }
      if (this.#inFlight.size > 0 && this.#mayBeThere(entry)) return;
      if (!this.#toldSealed.has(entry.blobId)) await this.#tellSealedBefore(entry);
      if (session !== this.#context.session() || this.#inFlight.has(entry.blobId)) continue;
      if (entry.isLast === true) this.#changesWhenEmpty = changes;
      this.#inFlight.add(entry.blobId);
      this.#attempts.set(entry.blobId, (this.#attempts.get(entry.blobId) ?? 0) + 1);
      this.#send(session, entry).catch(this.#context.failed);
    }
  }

  /** Sent before without an answer, or sealed by an earlier process, of which nobody knows what it sent. */
  #mayBeThere({ blobId }: SealedEntry): boolean {
    return !this.#isCaughtUp && (this.#attempts.has(blobId) || !this.#toldSealed.has(blobId));
  }

  async #send(session: Session, { blobId, payload }: SealedEntry): Promise<void> {
    const { clock } = this.#context.parts.ports;
    const startedAtMs = clock.monotonicMs();
    let isDone = false;
    try {
      const cursor = await session.push(blobId, payload);
      await this.#acked(blobId, cursor);
      isDone = true;
      this.#refusals = 0;
      this.#window = Math.min(this.#context.parts.config.outboxWindow, this.#window * 2);
      const tookMs = clock.monotonicMs() - startedAtMs;
      this.#context.parts.log.write('push-acked', { bytes: payload.length, tookMs });
    } catch (error) {
      if (error instanceof RelayRefusal) await this.#refused(blobId, error.code);
      else if (error instanceof SessionEnded) await this.#failed(blobId, null);
      else throw error;
    } finally {
      this.#ended(blobId, isDone);
    }
  }

  /** What is not done is in the queue again, or given up; and when nothing is on its way all is looked at once more. */
  #ended(blobId: BlobId, isDone: boolean): void {
    this.#inFlight.delete(blobId);
    if (isDone && this.#inFlight.size > 0) this.#sending.run();
    else this.#sendMore();
  }

  /** Sealed by a process that may have ended before it could say so. */
  async #tellSealedBefore(entry: SealedEntry): Promise<void> {
    const sequence = await this.#context.parts.store.sequenceOf(entry.blobId);
    if (sequence !== null) this.#tellSealed(entry, sequence);
  }

  #tellSealed({ blobId, payload }: SealedEntry, sequence: number): void {
    this.#toldSealed.add(blobId);
    const payloadDigest = toHex(sha256(payload));
    this.#context.parts.events.emit({ event: 'sealed', item: blobId, sequence, payloadDigest });
  }

  async #acked(blobId: BlobId, cursor: number): Promise<void> {
    const sequence = await this.#acks.add({ blobId, cursor });
    this.tellAcked(blobId, cursor, sequence);
    this.#deleting.run();
  }

  /** Announces that the relay has a blob of this device. */
  tellAcked(blobId: BlobId, cursor: number, sequence: number | null): void {
    this.#attempts.delete(blobId);
    this.#toldSealed.delete(blobId);
    this.#context.parts.events.emit({ event: 'acked', item: blobId, cursor, sequence });
    this.#tell(blobId, { kind: 'acked', cursor, sequence });
  }

  /** The relay said no: it stays in the queue and waits, unless it can never go. */
  async #refused(blobId: BlobId, code: number): Promise<void> {
    if (await this.#failed(blobId, code)) return;
    const { parts } = this.#context;
    if (code === errorCodes.INVALID_MESSAGE) {
      const delayMs = parts.retryDelayMs(this.#attempts.get(blobId) ?? 1);
      const timer = parts.ports.clock.setTimer(delayMs, () => {
        this.#setAside.delete(blobId);
        this.wake();
      });
      this.#setAside.set(blobId, timer);
      return;
    }
    this.#window = 1;
    if (this.#pauseTimer !== null) return; // Its companions in the window were refused for the same reason.
    this.#refusals += 1;
    this.#pauseTimer = parts.ports.clock.setTimer(parts.retryDelayMs(this.#refusals), () => {
      this.#pauseTimer = null;
      this.wake();
    });
  }

  /** Whether the blob was given up. */
  async #failed(blobId: BlobId, code: number | null): Promise<boolean> {
    const { outboxRules, store, log } = this.#context.parts;
    const attempts = this.#attempts.get(blobId) ?? 0;
    if (outboxRules.afterFailure({ code, attempts }) === 'requeue') return false;
    const name = (code === null ? null : errorNameOf(code)) ?? 'PUSH_FAILED';
    await store.giveUp(blobId, name);
    log.write('push-given-up', { code: code ?? 0 });
    this.#attempts.delete(blobId);
    this.#toldSealed.delete(blobId);
    this.#tell(blobId, { kind: 'failed', code: name });
    return true;
  }

  #tell(blobId: BlobId, result: PushResult): void {
    const tell = this.#waiters.get(blobId);
    this.#waiters.delete(blobId);
    tell?.(result);
  }

  /** Tells the relay which ciphertexts it may drop; each after the tombstone that explains it. */
  async #tellDeletions(): Promise<void> {
    if (!this.#mayHaveDeletions) return;
    this.#mayHaveDeletions = false;
    const { store } = this.#context.parts;
    for (const { target, force, isDue } of await store.queuedDeletions()) {
      this.#mayHaveDeletions = true;
      if (!isDue) continue;
      const session = this.#context.session();
      if (session === null) return;
      try {
        await session.delete(target, force);
      } catch (error) {
        // Anything but "not now" is final: the tombstone is what deletes, the relay only saves space.
        if (!(error instanceof RelayRefusal)) throw error;
        if (error.code === errorCodes.RATE_LIMITED) return;
      }
      await store.deletionTold(target);
    }
  }
}
