/** How much a bucket holds when full, and how fast it fills again. */
export interface BucketShape {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** Lets `capacity` takes through at once, after that `refillPerSecond`. Starts full. Time comes in with each call. */
export class TokenBucket {
  readonly #shape: BucketShape;
  #tokens: number;
  #atMs: number;

  constructor(shape: BucketShape, nowMs: number) {
    this.#shape = shape;
    this.#tokens = shape.capacity;
    this.#atMs = nowMs;
  }

  /** Takes one token; false when there is none. `nowMs` is monotonic. */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** A full bucket remembers nothing: dropping it changes no later answer. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens >= this.#shape.capacity;
  }

  #refill(nowMs: number): void {
    const { capacity, refillPerSecond } = this.#shape;
    const gained = (Math.max(0, nowMs - this.#atMs) / 1000) * refillPerSecond;
    this.#tokens = Math.min(capacity, this.#tokens + gained);
    this.#atMs = Math.max(this.#atMs, nowMs);
  }
}
