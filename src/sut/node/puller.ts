import { errorCodes } from '../../contract/wire.ts';
import type { Timer } from '../../support/clock.ts';
import { Coalesced } from './coalesced.ts';
import { RelayRefusal, SessionEnded } from './open-requests.ts';
import type { PullPlan } from './pull-plan.ts';
import type { Session } from './session.ts';
import type { Applied } from './store.ts';
import type { SyncContext } from './sync-context.ts';

/** One finished pull: blobs that were new here, and the contiguous cursor after it. */
export interface Pulled {
  readonly received: number;
  readonly cursor: number;
}

/** Where a page comes from: a session, or the answer of one that was asked already. */
export type PageSource = Pick<Session, 'pull' | 'giveUp'>;

interface Waiter {
  readonly resolve: (pulled: Pulled) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads from the contiguous cursor to the relay's head, page after page, whenever there is something to read.
 *
 * The head is what anybody said to exist (WELCOME, NOTIFY, an acknowledgement); it decides whether to ask, never what
 * counts as received.
 */
export class Puller {
  /** Blobs asked for in one PULL. */
  pageItems: number;
  readonly #context: SyncContext;
  readonly #pulling: Coalesced;
  readonly #tellApplied: (applied: Applied) => void;
  readonly #caughtUp: () => Promise<void>;
  #head = 0;
  #waiters: Waiter[] = [];
  #refusals = 0;
  #pauseTimer: Timer | null = null;

  /** `tellApplied` hears of each page once it is durable; `caughtUp` is awaited each time nothing is missing any more. */
  constructor(context: SyncContext, tellApplied: (applied: Applied) => void, caughtUp: () => Promise<void>) {
    this.#context = context;
    this.pageItems = context.parts.config.pullItems;
    this.#tellApplied = tellApplied;
    this.#caughtUp = caughtUp;
    this.#pulling = new Coalesced(
      () => this.#pull(),
      (error) => this.#failed(error),
    );
  }

  /** A new session: the relay's head as its WELCOME says it. */
  startsAt(head: number): void {
    this.#head = head;
  }

  wake(): void {
    this.#pulling.run();
  }

  disconnected(): void {
    this.#pauseTimer?.cancel();
    this.#pauseTimer = null;
    this.#refusals = 0;
  }

  /** The relay says that a blob exists at this cursor. */
  exists(cursor: number): void {
    if (cursor <= this.#head) return;
    this.#head = cursor;
    this.#pulling.run();
  }

  /** Asks the relay in any case; rejects with SessionEnded when there is no session or it ends. */
  pullNow(): Promise<Pulled> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#pulling.run();
    });
  }

  async #pull(): Promise<void> {
    const waiters = this.#waiters;
    this.#waiters = [];
    if (this.#pauseTimer !== null && waiters.length === 0) return;
    try {
      const pulled = await this.#pullAll(waiters.length > 0);
      for (const { resolve } of waiters) resolve(pulled);
    } catch (error) {
      for (const { reject } of waiters) reject(error);
      throw error;
    }
  }

  async #pullAll(isForced: boolean): Promise<Pulled> {
    const { store } = this.#context.parts;
    let received = 0;
    for (let pages = 0; ; pages += 1) {
      const session = this.#context.session();
      if (session === null) throw new SessionEnded();
      const limit = this.pageItems;
      const isAsked = isForced && pages === 0;
      const plans = isAsked ? [{ after: await store.contiguous(), limit }] : await store.nextPulls(this.#head, limit);
      if (plans.length === 0) {
        await this.#caughtUp();
        if (pages > 0) session.presence().catch(this.#context.failed);
        return { received, cursor: await store.contiguous() };
      }
      received += await this.allOf(session, plans, this.#head);
    }
  }

  /**
   * Asks for all pages at once and applies them in order; what follows a page that was cut short is asked for again.
   * Returns how many blobs were new. `head` is what is known now.
   */
  protected async allOf(session: PageSource, plans: readonly PullPlan[], head: number): Promise<number> {
    const asked = plans.map(({ after, limit }) => {
      const answer = session.pull(after, limit);
      answer.catch(() => undefined); // Whoever applies it hears of it.
      return answer;
    });
    let received = 0;
    for (const [index, plan] of plans.entries()) {
      if (index > 0 && (await this.#context.parts.store.contiguous()) < plan.after) break;
      received += await this.page(
        { pull: () => asked[index]!, giveUp: (reason) => session.giveUp(reason) },
        plan,
        head,
      );
    }
    return received;
  }

  /** One page, applied; returns how many of its blobs were new. `head` is what was known when it was asked for. */
  protected async page(session: PageSource, { after, limit }: PullPlan, head: number): Promise<number> {
    const { store, ports, log } = this.#context.parts;
    const askedAtMs = ports.clock.monotonicMs();
    const { blobs, hasMore } = await session.pull(after, limit);
    log.write('pull-answered', { blobs: blobs.length, tookMs: ports.clock.monotonicMs() - askedAtMs });
    const last = Math.max(after, ...blobs.map(({ cursor }) => cursor));
    // Whatever existed before the question was asked and is not in the complete answer is gone for good.
    const settledUpTo = hasMore ? last : Math.max(last, head);
    this.#head = Math.max(this.#head, hasMore ? last + 1 : last);
    const applied = await store.applyPage(blobs, settledUpTo, (blob) => this.#context.sealer.open(blob));
    this.#refusals = 0;
    this.#tellApplied(applied);
    return applied.received.length;
  }

  #failed(error: unknown): void {
    const { parts, failed } = this.#context;
    if (error instanceof RelayRefusal && error.code === errorCodes.RATE_LIMITED && this.#pauseTimer === null) {
      this.#refusals += 1;
      this.#pauseTimer = parts.ports.clock.setTimer(parts.retryDelayMs(this.#refusals), () => {
        this.#pauseTimer = null;
        this.#pulling.run();
      });
    }
    failed(error);
  }
}
