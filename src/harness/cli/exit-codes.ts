import type { RunVerdict } from '../runner/results.ts';

/** What the process answers its caller; a violation outweighs everything else. */
export const exitCodes = { passed: 0, violation: 1, couldNotTell: 2, usage: 3, interrupted: 130 } as const;

export function exitCodeOf(verdicts: readonly RunVerdict[]): number {
  if (verdicts.includes('fail')) return exitCodes.violation;
  if (verdicts.length === 0 || verdicts.some((verdict) => verdict !== 'pass')) return exitCodes.couldNotTell;
  return exitCodes.passed;
}
