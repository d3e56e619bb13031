import type { Command } from 'commander';
import { ScenarioError } from '../../../support/errors.ts';
import { standingChecks } from '../../checkers/registry.ts';
import { loadCatalogue } from '../../scenario/catalogue.ts';
import type { BoundCheck, BoundFault, Scenario, Variant, VariantTurn } from '../../scenario/scenario.ts';
import { scenariosOption } from '../run-options.ts';
import { select } from '../select.ts';

/** `chaos show ID`: what happens in a scenario, in words. */
export function addShow(program: Command): void {
  program
    .command('show')
    .description('what one scenario does, what must hold, and what proves it')
    .argument('<id>', 'ID of the scenario')
    .addOption(scenariosOption())
    .action((id: string, options: { scenarios: string }) => {
      const { scenarios, notBuilt } = select(loadCatalogue(options.scenarios), [id]);
      for (const row of notBuilt) console.log(`${row.id} ${row.name}: in the catalogue, not built yet`);
      for (const scenario of scenarios) console.log(described(scenario));
      if (scenarios.length + notBuilt.length === 0) throw new ScenarioError(`show: expected a scenario, got "${id}"`);
    });
}

function described(scenario: Scenario): string {
  const { id, name, why, topology, profile, iterations, file } = scenario;
  const alone = scenario.exclusive ? ', each with no other at its side' : '';
  const lines = [
    `${id} ${name}`,
    `  ${why}`,
    `  topology ${topology}, profile ${profile}, ${iterations} iterations${alone}`,
    ...scenario.variants.flatMap(describedVariant),
    '  Always checked:',
    ...standingChecks.map((check) => `    ${check.name}: ${check.about}`),
    '  Planted defects that must turn it red:',
    ...scenario.planted.map((planted) => {
      const except =
        planted.except === null ? '' : ` (not in the ${planted.except.arena} arena: ${planted.except.because})`;
      return `    ${planted.defect}, caught by ${planted.caughtBy}${except}`;
    }),
    `  File: ${file}`,
  ];
  return lines.join('\n');
}

const turns: Record<VariantTurn, string> = {
  each: 'in every iteration',
  rotate: 'in turn with the others of its rotation',
  fifth: 'in every fifth iteration',
  sweep: 'only in a sweep',
};

function describedVariant(variant: Variant): string[] {
  const seeded = variant.seeded ? 'after a seed set of 20 items from each of two nodes' : 'on an empty group';
  const step = (bound: { name: string; parameters: unknown; step: { about: string } }) =>
    `      ${bound.name} ${compact(bound.parameters)}: ${bound.step.about}`;
  return [
    `  Variant ${variant.name}, ${turns[variant.turn]}, ${seeded}${variant.needs.length === 0 ? '' : `; needs ${variant.needs.join(', ')}`}:`,
    ...section('before', variant.prepare.map(step)),
    ...section('fault', variant.faults.map(describedFault)),
    ...variant.load.flatMap(({ name, steps }) =>
      section(variant.load.length === 1 ? 'load' : `load, side by side: ${name}`, steps.map(step)),
    ),
    ...section('after the last fault', variant.afterwards.map(step)),
    ...section('must hold', variant.invariants.map(check)),
    ...section('the fault must cause', variant.reactions.map(check)),
    ...section('proof that the fault bit', variant.proofs.map(check)),
  ];
}

function describedFault({ kind, parameters, fault, when, until, forMs, atMostMs }: BoundFault): string {
  const from = when === null ? '' : ` when ${when.name} ${compact(when.parameters)} (${when.trigger.about})`;
  const atMost = atMostMs === null ? '' : `, at most ${atMostMs} ms`;
  const end = forMs === null ? `until ${until}${atMost}` : `for ${forMs} ms`;
  return `      ${kind} ${compact(parameters)}${from} ${end}: ${fault.about}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`    ${title}:`, ...lines];
}

function check({ name, parameters, checker }: BoundCheck): string {
  const written = compact(parameters);
  return `      ${name}${written === '{}' ? '' : ` ${written}`}: ${checker.about}`;
}

/** Without quotes; of a long list its ends and how many there are, of an empty one nothing. */
function compact(parameters: unknown): string {
  const shortened = (_key: string, value: unknown) => {
    if (!Array.isArray(value)) return value;
    if (value.length === 0) return undefined;
    return value.length > 6 ? [value[0], value[1], `… ${value.length} in all …`, value.at(-1)] : value;
  };
  return JSON.stringify(parameters ?? {}, shortened).replaceAll('"', '');
}
