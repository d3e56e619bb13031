/** Above the cap, not inside it: cutting the sum at 30 s would bring all waiting nodes back together. */
export const jitterMsMax = 5000;
const waitMsMax = 30_000;

/**
 * How long attempt `attempt` (from 1) waits: min(30 s, 2^(attempt-1) s) plus the jitter.
 *
 * `draw` is 32 random bits, spread over 0 .. 5000 ms.
 */
export function backoffMs(attempt: number, draw: number): number {
  return Math.min(waitMsMax, 1000 * 2 ** (attempt - 1)) + Math.floor((draw / 0x1_0000_0000) * (jitterMsMax + 1));
}
