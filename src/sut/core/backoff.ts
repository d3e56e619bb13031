/** Above the cap, not inside it: cutting the sum at the cap would bring all waiting nodes back together. */
export const jitterMsMax = 5000;

export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

export const backoffBounds: BackoffBounds = { firstMs: 1000, maxMs: 30_000 };

/**
 * How long attempt `attempt` (from 1) waits: min(30 s, 2^(attempt-1) s), or the like within other bounds, plus the jitter.
 *
 * `draw` is 32 random bits, spread over 0 .. 5000 ms.
 */
export function backoffMs(attempt: number, draw: number, bounds: BackoffBounds = backoffBounds): number {
  const jitterMs = Math.floor((draw / 0x1_0000_0000) * (jitterMsMax + 1));
  return Math.min(bounds.maxMs, bounds.firstMs * 2 ** (attempt - 1)) + jitterMs;
}
