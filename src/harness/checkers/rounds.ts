import type { Ledger, LedgerPush } from './ledger.ts';

/** The pushes that one barrier released together. */
export interface Round {
  /** Load step and number, such as `load[0].barrier-push 3`: two steps may both have a round 3. */
  readonly round: string;
  readonly pushes: readonly LedgerPush[];
  /** Wall clock: from the first release to the next round’s, or to the end for the last. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Every barrier round of the trial, in order of time. */
export function roundsOf(ledger: Ledger): readonly Round[] {
  const released = ledger.pushes.filter(({ round }) => round !== null);
  const rounds = [...Map.groupBy(released, ({ part, round }) => `${part} ${round}`)]
    .map(([round, pushes]) => ({ round, pushes, fromMs: Math.min(...pushes.map(({ invoked }) => invoked.atMs)) }))
    .sort((a, b) => a.fromMs - b.fromMs);
  return rounds.map((round, index) => ({ ...round, toMs: rounds[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY }));
}
