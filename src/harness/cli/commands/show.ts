import type { Command } from 'commander';
import { ScenarioError } from '../../../support/errors.ts';
import { standingChecks } from '../../checkers/registry.ts';
import { loadCatalogue } from '../../scenario/catalogue.ts';
import type { BoundCheck, BoundFault, BoundStep, Scenario, Variant, VariantTurn } from '../../scenario/scenario.ts';
import { knownDefects } from '../known-defects.ts';
import { parametersText, timeText } from '../parameters-text.ts';
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
      const { scenarios, notBuilt } = select(loadCatalogue(options.scenarios, knownDefects()), [id]);
      for (const row of notBuilt) console.log(`${row.id} ${row.name}: in the catalogue, not built yet`);
      for (const scenario of scenarios) console.log(described(scenario));
      if (scenarios.length + notBuilt.length === 0) throw new ScenarioError(`show: expected a scenario, got "${id}"`);
    });
}

/** What the file tells, with what it names explained. */
export function described(scenario: Scenario): string {
  const { id, name, why, topology, profile, iterations, file } = scenario;
  const alone = scenario.exclusive ? ', each with no other at its side' : '';
  const lines = [
    `${id} ${name}`,
    `  ${why}`,
    ...comment('  ', scenario.comment),
    `  topology ${topology}, profile ${profile}, ${iterations} iterations${alone}`,
    ...[...Map.groupBy(scenario.variants, ({ key }) => key).values()].flatMap(describedVariants),
    ...(scenario.orders === null
      ? []
      : [
          `  In every order of the relay’s steps ${scenario.orders.step}:`,
          ...describedVariants([scenario.orders.variant]),
        ]),
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

/** The first of those that are alike but for the number of nodes. */
function describedVariants(alike: readonly Variant[]): string[] {
  const [variant, last] = [alike[0]!, alike.at(-1)!];
  const names = variant === last ? variant.name : `${variant.name} to ${last.name}, here the first of them`;
  const turn = `${turns[variant.turn]}${variant.eachSimulated ? ', in the simulator in each' : ''}`;
  const seeded = variant.seeded ? 'after a seed set of 20 items from each of two nodes' : 'on an empty group';
  const needs = variant.needs.length === 0 ? '' : `; needs ${variant.needs.join(', ')}`;
  const steps = (all: readonly BoundStep[]) => all.flatMap((bound) => entry(bound, bound.step.about));
  const checks = (all: readonly BoundCheck[]) => all.flatMap((bound) => entry(bound, bound.checker.about));
  return [
    `  Variant ${names}, ${turn}, ${seeded}${needs}:`,
    ...comment('    ', variant.comment),
    ...section('before', steps(variant.prepare)),
    ...section('fault', variant.faults.flatMap(describedFault)),
    ...variant.load.flatMap((lane) =>
      section(variant.load.length === 1 ? 'load' : `load, side by side: ${lane.name}`, [
        ...comment('      ', lane.comment),
        ...steps(lane.steps),
      ]),
    ),
    ...section('after the last fault', steps(variant.afterwards)),
    ...section('must hold', checks(variant.invariants)),
    ...section('the fault must cause', checks(variant.reactions)),
    ...section('proof that the fault bit', checks(variant.proofs)),
  ];
}

function describedFault({ kind, written, fault, when, until, forMs, atMostMs }: BoundFault): string[] {
  const from =
    when === null ? '' : ` when ${when.name}${parametersText(when.written.parameters)} (${when.trigger.about})`;
  const atMost = atMostMs === null ? '' : `, at most ${timeText(atMostMs)}`;
  const end = forMs === null ? `until ${until}${atMost}` : `for ${timeText(forMs)}`;
  return [
    ...comment('      ', written.comment),
    `      ${kind}${parametersText(written.parameters)}${from} ${end}: ${fault.about}`,
  ];
}

function entry({ name, written }: BoundStep | BoundCheck, about: string): string[] {
  return [...comment('      ', written.comment), `      ${name}${parametersText(written.parameters)}: ${about}`];
}

function comment(indent: string, text: string | null): string[] {
  return text === null ? [] : [`${indent}# ${text}`];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`    ${title}:`, ...lines];
}
