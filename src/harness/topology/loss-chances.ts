import type { Loss } from './topology.ts';

/** How likely a packet is dropped after one that passed, and after one that was dropped. */
export function lossChances({ share, correlation = 0 }: Loss): {
  readonly afterPassed: number;
  readonly afterDropped: number;
} {
  const afterPassed = share * (1 - correlation);
  return { afterPassed, afterDropped: correlation + afterPassed };
}
