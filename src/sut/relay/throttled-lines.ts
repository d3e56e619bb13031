import type { Clock } from '../../support/clock.ts';
import { TokenBucket } from '../core/rate-limit.ts';

const shape = { capacity: 10, refillPerSecond: 10 };

/** Holds back lines that strangers can cause, beyond ten a second. */
export class ThrottledLines {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  #skipped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(shape, clock.monotonicMs());
  }

  /** Calls `write` with the number of lines left out since the last one, or leaves this one out too. */
  write(write: (skipped: number) => void): void {
    if (!this.#bucket.take(this.#clock.monotonicMs())) {
      this.#skipped += 1;
      return;
    }
    write(this.#skipped);
    this.#skipped = 0;
  }
}
