import type { Scenario, Variant } from '../scenario/scenario.ts';
import { type IterationOptions, runIteration } from './iteration.ts';
import type { TrialResult } from './results.ts';

/** One point of an enumeration: a variant whose fault strikes at exactly one place. */
export interface SweepPoint {
  readonly variant: Variant;
  readonly place: unknown;
}

/** Every point of a scenario's enumerations, in order; none for a scenario that enumerates nothing. */
export function sweepPoints({ variants }: Scenario): readonly SweepPoint[] {
  return variants.flatMap((variant) =>
    variant.faults.flatMap((bound, index) =>
      (bound.fault.points?.(bound.parameters) ?? []).map((parameters) => ({
        place: parameters,
        variant: { ...variant, faults: variant.faults.with(index, { ...bound, parameters }) },
      })),
    ),
  );
}

export interface SweepFailure {
  readonly point: SweepPoint;
  readonly trial: TrialResult;
}

/** Runs each point once and answers those that did not pass. */
export async function sweep(
  scenario: Scenario,
  points: readonly SweepPoint[],
  options: IterationOptions,
  pointFinished: (done: number) => void,
): Promise<readonly SweepFailure[]> {
  const failures: SweepFailure[] = [];
  for (const [index, point] of points.entries()) {
    const { trials } = await runIteration(scenario, { index, variants: [point.variant] }, options);
    const trial = trials[0]!;
    if (trial.verdict !== 'pass') failures.push({ point, trial });
    pointFinished(index + 1);
  }
  return failures;
}
