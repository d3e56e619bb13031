import { ScenarioError } from '../../support/errors.ts';
import type { BoundFault, Scenario, Variant } from '../scenario/scenario.ts';
import { type IterationOptions, runIteration } from './iteration.ts';
import type { TrialResult } from './results.ts';

/**
 * One point of an enumeration: a variant with a fault, a trigger or a step of its load at one of its places, from one seed,
 * or, a variant of a sweep, as a whole.
 */
export interface SweepPoint {
  readonly variant: Variant;
  readonly place: unknown;
  /** Decides the seed, as in a run: of a point, its number from 0; of one of several seeds, which of them. */
  readonly iteration: number;
}

/** Every point of a scenario's enumerations, in order; none for a scenario that enumerates nothing. */
export function sweepPoints({ variants }: Scenario): readonly SweepPoint[] {
  const places = variants.flatMap((variant) => [
    ...(variant.turn === 'sweep' ? pointsOfSwept(variant) : pointsOfFaults(variant)),
    ...pointsOfSeeds(variant),
  ]);
  return places.map((point, index) => ({ iteration: index, ...point }));
}

type Place = Omit<SweepPoint, 'iteration'> & Partial<SweepPoint>;

/** As a whole where it enumerates nothing. */
function pointsOfSwept(variant: Variant): readonly Place[] {
  const points = [...pointsOfFaults(variant), ...pointsOfLoad(variant)];
  return points.length === 0 ? [{ place: variant.name, variant }] : points;
}

function pointsOfSeeds(variant: Variant): readonly Place[] {
  return Array.from({ length: variant.sweepSeeds }, (_, iteration) => ({ place: { iteration }, variant, iteration }));
}

function pointsOfFaults(variant: Variant): readonly Place[] {
  return variant.faults.flatMap((bound, index) =>
    placesOf(bound).map(({ place, at }) => ({
      place,
      variant: { ...variant, faults: variant.faults.with(index, at) },
    })),
  );
}

/** Every form of the steps of its load. */
function pointsOfLoad(variant: Variant): readonly Place[] {
  return variant.load.flatMap((lane, laneIndex) =>
    lane.steps.flatMap((bound, index) =>
      (bound.step.points?.(bound.parameters) ?? []).map((place) => {
        const steps = lane.steps.with(index, { ...bound, parameters: place });
        return { place, variant: { ...variant, load: variant.load.with(laneIndex, { ...lane, steps }) } };
      }),
    ),
  );
}

/** The fault at each of its places, then at each of its trigger's moments. */
function placesOf(bound: BoundFault): readonly { readonly place: unknown; readonly at: BoundFault }[] {
  const { fault, parameters, when } = bound;
  const places = fault.points?.(parameters) ?? [];
  const moments = when === null ? [] : (when.trigger.points?.(when.parameters) ?? []);
  return [
    ...places.map((place) => ({ place, at: { ...bound, parameters: place } })),
    ...moments.map((place) => ({ place, at: { ...bound, when: { ...when!, parameters: place } } })),
  ];
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
    const iteration = { index: point.iteration, variants: [point.variant] };
    const { trials } = await runIteration(scenario, iteration, options);
    const trial = trials[0]!;
    if (trial.verdict !== 'pass') failures.push({ point, trial });
    pointFinished(index + 1);
  }
  return failures;
}

/** Every order in which steps of one name can run; the arena behind the options' stages runs under the present one. */
export interface OrderWalk {
  /** What was chosen in the last trial, each time among how many. */
  readonly points: readonly { readonly chosen: number; readonly of: number }[];
  /** On to the next order; false after the last. */
  advance(): boolean;
}

/**
 * Runs the scenario's trial of orders once in every order, always from the same seed, so that nothing but the order
 * differs. Answers how many orders there were and those that did not pass.
 */
export async function sweepOrders(
  { scenario, orders, walk }: { scenario: Scenario; orders: NonNullable<Scenario['orders']>; walk: OrderWalk },
  options: IterationOptions,
): Promise<{ readonly count: number; readonly failures: readonly SweepFailure[] }> {
  const failures: SweepFailure[] = [];
  let count = 0;
  do {
    const { trials } = await runIteration(scenario, { index: 0, variants: [orders.variant] }, options);
    const trial = trials[0]!;
    if (walk.points.length === 0) {
      throw new ScenarioError(
        `sweep of ${scenario.id}: expected two steps ${orders.step} to be ready at once, got none (${trial.because})`,
      );
    }
    count += 1;
    const place = { order: walk.points.map(({ chosen, of }) => `${chosen + 1} of ${of}`) };
    if (trial.verdict !== 'pass') failures.push({ point: { place, variant: orders.variant, iteration: 0 }, trial });
  } while (walk.advance());
  return { count, failures };
}
