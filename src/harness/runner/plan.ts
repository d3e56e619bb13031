import type { Capability } from '../../contract/capabilities.ts';
import type { Scenario, Variant } from '../scenario/scenario.ts';
import type { Arena, StageOptions } from '../topology/topology.ts';
import type { RunResult } from './results.ts';

/** What of a scenario runs: which iterations, and in each which variants. */
export interface ScenarioPlan {
  readonly scenario: Scenario;
  readonly iterations: readonly PlannedIteration[];
  readonly notRun: readonly { readonly variant: string; readonly because: string }[];
  /**
   * Too little for the scenario to count as passed: one iteration or variant that was asked for, fewer variants than there
   * are, or a rotation that did not come round thrice.
   */
  readonly partial: boolean;
}

export interface PlannedIteration {
  readonly index: number;
  readonly variants: readonly Variant[];
}

export interface PlanOptions {
  readonly arena: Arena;
  readonly image: StageOptions['image'];
  /** Null: the scenario's own number. */
  readonly iterations: number | null;
  /** Just this iteration. */
  readonly iteration: number | null;
  /** Just this variant. */
  readonly variant: string | null;
  /** What the scenario gives to a smoke run. */
  readonly smoke: boolean;
}

/** Each variant of a rotation must have run this often before the scenario may pass. */
const rotationsMin = 3;
const rotationsMinCrossPlatform = 1;

export function planScenario(scenario: Scenario, options: PlanOptions): ScenarioPlan {
  const reasons = new Map(scenario.variants.map((variant) => [variant.name, whyNot(variant, options)]));
  const asked = scenario.variants.filter((variant) => isAsked(scenario, variant, options));
  const runnable = asked.filter((variant) => reasons.get(variant.name) === null);
  const notRun = asked.flatMap((variant) => {
    const because = reasons.get(variant.name);
    return because ? [{ variant: variant.name, because }] : [];
  });
  const iterations =
    runnable.length === 0 ? [] : indexes(scenario, options).map((index) => planned(runnable, asked, index, options));
  const running = iterations.filter((iteration) => iteration.variants.length > 0);
  const isPicked = options.iteration !== null || options.variant !== null;
  return { scenario, iterations: running, notRun, partial: isPicked || isPartial(scenario, running) };
}

/** Kinds of stages that an iteration needs one after another: so many a worker keeps, lest each trial opens its own. */
export function stagesPerWorker(plans: readonly ScenarioPlan[]): number {
  const kinds = plans.flatMap(({ iterations }) =>
    iterations.map(({ variants }) => new Set(variants.map((one) => `${one.topology}/${one.profile}`)).size),
  );
  return Math.max(1, ...kinds);
}

function isAsked(scenario: Scenario, variant: Variant, { variant: only, smoke }: PlanOptions): boolean {
  if (only !== null) return variant.name === only;
  if (variant.turn === 'sweep') return false;
  return !smoke || (scenario.smoke?.variants.includes(variant.name) ?? false);
}

function indexes(scenario: Scenario, { iterations, iteration, smoke }: PlanOptions): readonly number[] {
  if (iteration !== null) return [iteration];
  const count = iterations ?? (smoke ? (scenario.smoke?.iterations ?? 0) : scenario.iterations);
  return Array.from({ length: count }, (_, index) => index);
}

/** In so many iterations a variant of `fifth` runs once, in the last of them, or in each of the simulator’s; asked for by name, it and one of `sweep` run in each. */
const fifth = 5;

/** A rotation goes by the place among the variants asked for, so that leaving one out by need shifts nothing. */
function planned(
  runnable: readonly Variant[],
  asked: readonly Variant[],
  index: number,
  { arena, variant: byName }: PlanOptions,
): PlannedIteration {
  const rotating = asked.filter(({ turn }) => turn === 'rotate');
  const inTurn = rotating[index % rotating.length];
  const variants = runnable.filter(
    (variant) =>
      variant.turn === 'each' ||
      variant === inTurn ||
      (variant.turn === 'fifth' && index % fifth === fifth - 1) ||
      (variant.eachSimulated && arena.name === 'simulator') ||
      (variant.turn !== 'rotate' && byName !== null),
  );
  return { index, variants };
}

/** Every trial waits for its nodes to hear of each other's items; nobody pulls for those that do not. */
const alwaysNeeded: readonly Capability[] = ['live'];

/** The reason why this variant cannot run here, or null. */
function whyNot(variant: Variant, { arena, image }: PlanOptions): string | null {
  const can = arena.canOf(image);
  const missing = [...alwaysNeeded, ...variant.needs].filter((need) => !can.includes(need));
  if (missing.length > 0) return `the system cannot: ${missing.join(', ')}`;
  for (const { fault, when } of variant.faults) {
    for (const ability of [...fault.abilities, ...(when?.trigger.abilities ?? [])]) {
      const because = arena.cannot(ability, variant.topology);
      if (because !== null) return because;
    }
  }
  return null;
}

/** Too few iterations, or variants, for the scenario to count as passed. */
export function isPartial(scenario: Scenario, iterations: readonly PlannedIteration[]): boolean {
  return tooSeldom(scenario, iterations).length > 0;
}

/** Variants that run less often than they must before the scenario may pass. */
function tooSeldom({ category, variants }: Scenario, iterations: readonly PlannedIteration[]) {
  const rotations = category === 'cross-platform' ? rotationsMinCrossPlatform : rotationsMin;
  return variants
    .filter(({ turn }) => turn !== 'sweep')
    .map((variant) => ({
      name: variant.name,
      ran: iterations.filter((iteration) => iteration.variants.includes(variant)).length,
      min: variant.turn === 'rotate' ? rotations : 1,
    }))
    .filter(({ ran, min }) => ran < min);
}

/** What each partial plan is short of, such as `first 1 of 3, second 0 of 3`. */
export function lacksOf(plans: readonly ScenarioPlan[]): NonNullable<RunResult['lacks']> {
  return plans.filter(({ partial }) => partial).map((plan) => ({ scenario: plan.scenario.id, what: lackOf(plan) }));
}

function lackOf({ scenario, iterations }: ScenarioPlan): string {
  const seldom = tooSeldom(scenario, iterations);
  if (seldom.length > 0) return seldom.map(({ name, ran, min }) => `${name} ${ran} of ${min}`).join(', ');
  // Each variant ran often enough, but it was a part that was asked for: by number, as a shard, or of what had failed.
  const [ran, whole] = [iterations.length, scenario.iterations];
  return ran < whole ? `${ran} ${ran === 1 ? 'iteration' : 'iterations'} of ${whole}` : 'asked for in part';
}
