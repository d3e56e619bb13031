import { type BucketShape, TokenBucket } from '../core/rate-limit.ts';

export interface RateRules {
  /** Per device; 0 is no limit. */
  readonly messagesPerMinute: number;
  /** All devices together; 0 is no limit. */
  readonly requestsPerSecond: number;
}

/**
 * After a refusal nothing of that device is executed for so long. A device sends pushes without waiting for answers: were
 * there a new token between two of them, the later one would pass the refused one, out of its author's order.
 */
const restMs = 1_000;

/** Who may ask how often. A device's bucket outlives its sessions, so that reconnecting gains nothing. */
export class RateLimits {
  readonly #deviceShape: BucketShape | null;
  readonly #byDevice = new Map<string, TokenBucket>();
  readonly #restsUntilMs = new Map<string, number>();
  readonly #all: TokenBucket | null;

  constructor(rules: RateRules, nowMs: number) {
    const { messagesPerMinute, requestsPerSecond } = rules;
    this.#deviceShape =
      messagesPerMinute === 0 ? null : { capacity: messagesPerMinute, refillPerSecond: messagesPerMinute / 60 };
    this.#all =
      requestsPerSecond === 0
        ? null
        : new TokenBucket({ capacity: requestsPerSecond, refillPerSecond: requestsPerSecond }, nowMs);
  }

  /** Counts one message of the device; false when it must not be executed. `nowMs` is monotonic. */
  allows(deviceId: string, nowMs: number): boolean {
    if (nowMs < (this.#restsUntilMs.get(deviceId) ?? nowMs)) return false;
    const device = this.#bucketOf(deviceId, nowMs);
    const isAllowed = (device?.take(nowMs) ?? true) && (this.#all?.take(nowMs) ?? true);
    if (isAllowed) this.#restsUntilMs.delete(deviceId);
    else this.#restsUntilMs.set(deviceId, nowMs + restMs);
    return isAllowed;
  }

  /** Forgets devices that have not asked for so long that a new bucket would be the same. */
  dropIdle(nowMs: number): void {
    for (const [deviceId, bucket] of this.#byDevice) if (bucket.isFull(nowMs)) this.#byDevice.delete(deviceId);
    for (const [deviceId, untilMs] of this.#restsUntilMs) if (untilMs <= nowMs) this.#restsUntilMs.delete(deviceId);
  }

  /** Devices remembered. */
  get size(): number {
    return this.#byDevice.size;
  }

  #bucketOf(deviceId: string, nowMs: number): TokenBucket | null {
    if (this.#deviceShape === null) return null;
    let bucket = this.#byDevice.get(deviceId);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#deviceShape, nowMs);
      this.#byDevice.set(deviceId, bucket);
    }
    return bucket;
  }
}
