import { ScenarioError } from '../../support/errors.ts';
import type { Catalogue } from '../scenario/catalogue.ts';
import { didYouMean } from '../scenario/did-you-mean.ts';
import type { Planted, Scenario } from '../scenario/scenario.ts';
import { loadStandingDefects } from '../scenario/standing-defects.ts';
import { knownDefects } from './known-defects.ts';
import type { SharedOptions } from './run-options.ts';

/** Throws ScenarioError when none of the scenarios has this variant. */
export function expectVariant(scenarios: readonly Scenario[], variant: string | undefined): void {
  if (variant === undefined) return;
  expectOneOf(
    '--variant',
    variant,
    scenarios.flatMap((scenario) => scenario.variants.map((one) => one.name)),
  );
}

/** Throws ScenarioError for a defect that no scenario of the suite plants. Another system knows its own defects best. */
export function expectDefects(
  { scenarios }: Catalogue,
  options: Pick<SharedOptions, 'system' | 'scenarios'> & { readonly defect: readonly string[] },
): void {
  const known = knownDefects(options.system).system;
  if (options.defect.length === 0 || known === null) return;
  const standing = loadStandingDefects(options.scenarios, known).defects;
  const planted = [...scenarios.flatMap((scenario) => scenario.planted), ...standing];
  for (const defect of options.defect) expectPlanted(planted, defect);
}

/** Throws ScenarioError for a defect that the system does not have, where that is known. */
export function expectDefectsOf(system: string, defects: readonly string[]): void {
  const known = knownDefects(system).system;
  if (known === null) return;
  for (const defect of defects) expectOneOf('--defect', defect, known);
}

/** Throws ScenarioError when the defect is not among those that are planted. */
export function expectPlanted(planted: readonly Planted[], defect: string): void {
  expectOneOf(
    '--defect',
    defect,
    planted.map((one) => one.defect),
  );
}

function expectOneOf(option: string, got: string, known: readonly string[]): void {
  if (known.includes(got)) return;
  const names = [...new Set(known)];
  throw new ScenarioError(
    `${option}: expected ${names.length === 0 ? 'none here' : `one of ${names.join(', ')}`}, got "${got}"${didYouMean(got, names)}`,
  );
}
