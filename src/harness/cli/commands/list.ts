import type { Command } from 'commander';
import { type CatalogueRow, loadCatalogue } from '../../scenario/catalogue.ts';
import type { Scenario, Variant } from '../../scenario/scenario.ts';
import { categoryOf } from '../../scenario/scenario-file.ts';
import { scenariosOption } from '../run-options.ts';

/** `chaos list`: every scenario of the catalogue and whether it is built. */
export function addList(program: Command): void {
  program
    .command('list')
    .description('all scenarios of the catalogue, and which are built')
    .option('--built', 'only those that are built')
    .addOption(scenariosOption())
    .action((options: { built?: boolean; scenarios: string }) => {
      const catalogue = loadCatalogue(options.scenarios);
      const built = new Map(catalogue.scenarios.map((scenario) => [scenario.id, scenario]));
      for (const row of catalogue.rows) {
        const scenario = built.get(row.id);
        if (options.built && scenario === undefined) continue;
        for (const line of listed(row, scenario)) console.log(line);
      }
      // The scenarios for several relays come on top and are never counted into the 68.
      const counted = catalogue.rows.filter((row) => categoryOf(row.id) !== 'multi-relay');
      const extra = catalogue.rows.filter((row) => categoryOf(row.id) === 'multi-relay');
      const builtOf = (rows: typeof counted) => rows.filter((row) => built.has(row.id)).length;
      console.log(
        `\n${builtOf(counted)} of ${counted.length} built, and ${builtOf(extra)} of ${extra.length} for several relays`,
      );
    });
}

/** What a row of the catalogue is, and below it, in line with the other variants, those that only a sweep runs. */
export function listed(row: CatalogueRow, scenario: Scenario | undefined): string[] {
  const columns = [row.id.padEnd(12), row.name.padEnd(46), row.topologies.join('+').padEnd(24)];
  const before = `${columns.join('')}${String(row.iterations).padStart(3)}  `;
  const tags = row.tags.length === 0 ? '' : `  [${row.tags.join(', ')}]`;
  if (scenario === undefined) return [`${before}not built${tags}`];
  const swept = namesOf(scenario.variants.filter(({ turn }) => turn === 'sweep'));
  const others = namesOf(scenario.variants.filter(({ turn }) => turn !== 'sweep'));
  return [`${before}${others}${tags}`, ...(swept === '' ? [] : [`${' '.repeat(before.length)}sweep: ${swept}`])];
}

/** Those that are alike but for the number of nodes by the first and the last of them. */
function namesOf(variants: readonly Variant[]): string {
  const alike = [...Map.groupBy(variants, ({ key }) => key).values()];
  return alike.map((all) => (all.length === 1 ? all[0]!.name : `${all[0]!.name} … ${all.at(-1)!.name}`)).join(', ');
}
