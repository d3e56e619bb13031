const degradedAboveMs = 300;
const degradedAboveBaselines = 4;
const answersInARow = 2;

/**
 * Whether a connection feels slow, judged from the round trips of its answered requests, unsmoothed.
 *
 * Two in a row above max(300 ms, 4 x baseline) make it degraded, two in a row at or below make it healthy again. The
 * baseline is the fastest answer this connection has given. One rule per connection.
 */
export class HealthRule {
  #baselineMs = Number.POSITIVE_INFINITY;
  #degraded = false;
  /** Answers in a row that speak against the present judgement. */
  #against = 0;

  get isDegraded(): boolean {
    return this.#degraded;
  }

  /** Takes one round trip in and returns the judgement after it. */
  answered(roundTripMs: number): boolean {
    this.#baselineMs = Math.min(this.#baselineMs, roundTripMs);
    const slow = roundTripMs > Math.max(degradedAboveMs, degradedAboveBaselines * this.#baselineMs);
    this.#against = slow === this.#degraded ? 0 : this.#against + 1;
    if (this.#against === answersInARow) {
      this.#degraded = slow;
      this.#against = 0;
    }
    return this.#degraded;
  }
}
