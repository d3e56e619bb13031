import { type BucketShape, TokenBucket } from '../core/rate-limit.ts';

export interface RateRules {
  /** Per device; 0 is no limit. */
  readonly messagesPerMinute: number;
  /** All devices together; 0 is no limit. */
  readonly requestsPerSecond: number;
}

/** Who may ask how often. A device's bucket outlives its sessions, so that reconnecting gains nothing. */
export class RateLimits {
  readonly #deviceShape: BucketShape | null;
  readonly #byDevice = new Map<string, TokenBucket>();
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
    const device = this.#bucketOf(deviceId, nowMs);
    return (device?.take(nowMs) ?? true) && (this.#all?.take(nowMs) ?? true);
  }

  /** Forgets devices that have not asked for so long that a new bucket would be the same. */
  dropIdle(nowMs: number): void {
    for (const [deviceId, bucket] of this.#byDevice) if (bucket.isFull(nowMs)) this.#byDevice.delete(deviceId);
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
