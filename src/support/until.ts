import { type Clock, pause } from './clock.ts';

export interface UntilOptions<T> {
  /** Completes the sentence "waited for …". */
  readonly what: string;
  readonly probe: () => T | Promise<T>;
  readonly holds: (seen: T) => boolean;
  readonly everyMs: number;
  readonly timeoutMs: number;
}

/** A named condition did not come true in time; `lastSeen` is what the probe answered last. */
export class WaitError extends Error {
  override readonly name = 'WaitError';
  readonly lastSeen: unknown;

  constructor(what: string, timeoutMs: number, lastSeen: unknown) {
    super(`waited ${timeoutMs} ms for ${what}; last saw ${describe(lastSeen)}`);
    this.lastSeen = lastSeen;
  }
}

/** Waits for a named condition, or says what was last seen. The probe runs at least once. */
export async function until<T>(clock: Clock, options: UntilOptions<T>): Promise<T> {
  const deadlineMs = clock.monotonicMs() + options.timeoutMs;
  for (;;) {
    const seen = await options.probe();
    if (options.holds(seen)) return seen;
    const leftMs = deadlineMs - clock.monotonicMs();
    if (leftMs <= 0) throw new WaitError(options.what, options.timeoutMs, seen);
    // At least 1 ms: a rest of the time too small to move the clock would be waited for again and again.
    await pause(clock, Math.max(1, Math.min(options.everyMs, leftMs)));
  }
}

function describe(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? inner.toString() : inner));
  return text === undefined ? String(value) : text.slice(0, 500);
}
