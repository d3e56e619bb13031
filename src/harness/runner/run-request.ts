import { ScenarioError } from '../../support/errors.ts';
import { sha256 } from '../evidence/digest.ts';
import type { Scenario, Variant } from '../scenario/scenario.ts';
import type { IterationSettings } from './iteration.ts';
import { isPartial, type PlannedIteration, type ScenarioPlan } from './plan.ts';

/** What was asked of a run, complete: with it a killed run goes on, failures run again, and shards are joined. */
export interface RunRequest {
  /** The baseline is of where a run runs. */
  readonly settings: Omit<IterationSettings, 'baseline'>;
  readonly failFast: boolean;
  /** All evidence of passing iterations too. */
  readonly keepEvidence: boolean;
  readonly basis: RunBasis;
  /** `i/n`; null: all of it. */
  readonly shard: string | null;
  readonly scenarios: readonly RequestedScenario[];
  /** Asked for by name, in the catalogue, without a file. */
  readonly notBuilt: readonly string[];
}

/** What verdicts rest on: parts of one run must agree in it. */
export interface RunBasis {
  /** Of relay-chaos, as it numbers itself. */
  readonly version: string;
  /** SHA-256 over its sources. */
  readonly sources: string;
  readonly system: { readonly name: string; readonly version: string; readonly digest: string };
}

export interface RequestedScenario {
  readonly id: string;
  /** SHA-256 of its file. */
  readonly digest: string;
  readonly iterations: readonly { readonly index: number; readonly variants: readonly string[] }[];
  readonly notRun: ScenarioPlan['notRun'];
  readonly partial: boolean;
}

/** A plan by names, as it is stored. */
export function requested({ scenario, iterations, notRun, partial }: ScenarioPlan, digest: string): RequestedScenario {
  const named = iterations.map(({ index, variants }) => ({ index, variants: variants.map(({ name }) => name) }));
  return { id: scenario.id, digest, iterations: named, notRun, partial };
}

/** The plan that a stored request names. Throws ScenarioError with every scenario and variant that is there no more. */
export function planned(requests: readonly RequestedScenario[], scenarios: readonly Scenario[]): ScenarioPlan[] {
  const problems: string[] = [];
  const plans = requests.flatMap(({ id, iterations, notRun, partial }) => {
    const scenario = scenarios.find((candidate) => candidate.id === id);
    if (scenario === undefined) {
      problems.push(`${id}: expected the scenario that the run has, got none`);
      return [];
    }
    const variantsOf = (names: readonly string[]) =>
      names.flatMap((name): Variant[] => {
        const variant = scenario.variants.find((candidate) => candidate.name === name);
        if (variant !== undefined) return [variant];
        problems.push(`${scenario.file}: expected the variant ${name} that the run has, got none`);
        return [];
      });
    const again = iterations.map(
      ({ index, variants }): PlannedIteration => ({ index, variants: variantsOf(variants) }),
    );
    return [{ scenario, iterations: again, notRun, partial }];
  });
  if (problems.length > 0) throw new ScenarioError([...new Set(problems)]);
  return plans;
}

/** How two bases differ, a line each, for a message that refuses to mix them; none: they agree. */
export function differences(of: string, expected: RunBasis, got: RunBasis): string[] {
  const pairs = [
    ['version', expected.version, got.version],
    ['sources of the tester', expected.sources, got.sources],
    ['system', `${expected.system.name} ${expected.system.version}`, `${got.system.name} ${got.system.version}`],
    ['build of the system', expected.system.digest, got.system.digest],
  ] as const;
  return pairs.flatMap(([what, want, have]) =>
    want === have ? [] : [`${of}: expected the ${what} ${short(want)} that it began with, got ${short(have)}`],
  );
}

/** The same for the scenarios' files. */
export function changedScenarios(
  of: string,
  expected: readonly RequestedScenario[],
  digests: ReadonlyMap<string, string>,
): string[] {
  return expected.flatMap(({ id, digest }) => {
    const now = digests.get(id);
    return now === digest
      ? []
      : [`${of}: expected ${id} as it was (${short(digest)}), got ${now ? short(now) : 'none'}`];
  });
}

function short(text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : text;
}

/** One of `count` parts of a run, from 1. */
export interface Shard {
  readonly part: number;
  readonly count: number;
}

/**
 * The share of the plans that belongs to a shard. An iteration belongs to the same shard whatever else is asked for; a
 * scenario without iterations is told of by one shard.
 */
export function shardOf(plans: readonly ScenarioPlan[], shard: Shard): ScenarioPlan[] {
  return plans.flatMap((plan) => {
    const { id } = plan.scenario;
    if (plan.iterations.length === 0) return belongsTo(shard, id, 0) ? [plan] : [];
    const iterations = plan.iterations.filter(({ index }) => belongsTo(shard, id, index));
    if (iterations.length === 0) return [];
    return [{ ...plan, iterations, partial: plan.partial || iterations.length < plan.iterations.length }];
  });
}

export function belongsTo({ part, count }: Shard, scenario: string, index: number): boolean {
  return Number.parseInt(sha256(`${scenario}/${index}`).slice(0, 8), 16) % count === part - 1;
}

/** The requests of several shards as one; throws ScenarioError when an iteration belongs to two of them. */
export function joined(requests: readonly (readonly RequestedScenario[])[], scenarios: readonly Scenario[]) {
  const all = requests.flat();
  const ids = scenarios.map(({ id }) => id).filter((id) => all.some((one) => one.id === id));
  return ids.map((id): RequestedScenario => {
    const parts = all.filter((one) => one.id === id);
    const iterations = parts.flatMap((part) => part.iterations).toSorted((one, other) => one.index - other.index);
    const twice = iterations.find(({ index }, place) => iterations[place + 1]?.index === index);
    if (twice !== undefined) throw new ScenarioError(`merge: expected ${id} #${twice.index} in one run, got it in two`);
    const whole = planned([{ ...parts[0]!, iterations }], scenarios)[0]!;
    return { ...parts[0]!, iterations, partial: isPartial(whole.scenario, whole.iterations) };
  });
}
