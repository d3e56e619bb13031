import type { Timer } from '../../support/clock.ts';
import type { Gap } from '../core/cursor-tracker.ts';
import { Coalesced } from './coalesced.ts';
import { SessionEnded } from './open-requests.ts';
import type { Session } from './session.ts';
import type { Applied } from './store.ts';
import type { SyncContext } from './sync-context.ts';
import { tellGap } from './tell-gap.ts';

/**
 * Asks again for what is known to be missing: the outstanding list, on each connection and in rounds; and, once per
 * connection, for blobs whose absence shows only in their author's numbers. What the relay no longer has becomes a gap
 * with a name.
 */
export class Asker {
  readonly #context: SyncContext;
  readonly #tellApplied: (applied: Applied) => void;
  readonly #asking: Coalesced;
  #timer: Timer | null = null;
  /** Holes of the round before: one that a blob on its way fills is not worth a question. */
  #holesBefore = new Set<string>();
  readonly #holesAsked = new Set<string>();

  constructor(context: SyncContext, tellApplied: (applied: Applied) => void) {
    this.#context = context;
    this.#tellApplied = tellApplied;
    this.#asking = new Coalesced(() => this.#round(), context.failed);
  }

  connected(): void {
    this.#holesBefore.clear();
    this.#holesAsked.clear();
    this.#nextRound();
  }

  disconnected(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #nextRound(): void {
    this.#asking.run();
    const { ports, config } = this.#context.parts;
    this.#timer = ports.clock.setTimer(config.askEveryMs, () => this.#nextRound());
  }

  async #round(): Promise<void> {
    const { outstanding } = await this.#context.parts.store.snapshot();
    for (const { cursor } of outstanding) await this.#askFor(cursor);
    const holes = await this.#context.parts.store.holes();
    for (const hole of holes) {
      if (this.#holesBefore.has(keyOf(hole)) && !this.#holesAsked.has(keyOf(hole))) await this.#lookInto(hole);
    }
    this.#holesBefore = new Set(holes.map(keyOf));
  }

  async #askFor(cursor: number): Promise<void> {
    const { store, events } = this.#context.parts;
    const answer = this.#session().pull(cursor - 1, 1);
    events.emit({ event: 'asked-again', cursor });
    const found = (await answer).blobs[0];
    const blob = found?.cursor === cursor ? found : null;
    const { asked, ...applied } = await store.applyAsked(cursor, blob, (served) => this.#context.sealer.open(served));
    this.#tellApplied(applied);
    if (asked === 'recovered') events.emit({ event: 'recovered', cursor });
    if (asked === 'gone') tellGap(this.#context.parts, { from: cursor, to: cursor });
  }

  /** Reads the hole once more; if it stays one, it gets a name. */
  async #lookInto(hole: Gap): Promise<void> {
    const { store } = this.#context.parts;
    let after = hole.from - 1;
    for (;;) {
      const found = (await this.#session().pull(after, 1)).blobs[0];
      if (found === undefined || found.cursor > hole.to) break;
      this.#tellApplied(await store.applyPage([found], 0, (served) => this.#context.sealer.open(served)));
      after = found.cursor;
    }
    this.#holesAsked.add(keyOf(hole));
    const isStill = (await store.holes()).some((still) => keyOf(still) === keyOf(hole));
    if (isStill && (await store.nameGap(hole))) tellGap(this.#context.parts, hole);
  }

  #session(): Session {
    const session = this.#context.session();
    if (session === null) throw new SessionEnded();
    return session;
  }
}

function keyOf({ from, to }: Gap): string {
  return `${from}-${to}`;
}
