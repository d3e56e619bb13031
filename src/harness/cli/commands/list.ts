import type { Command } from 'commander';
import { loadCatalogue } from '../../scenario/catalogue.ts';
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
        const variants =
          scenario === undefined ? 'not built' : scenario.variants.map((variant) => variant.name).join(', ');
        const tags = row.tags.length === 0 ? '' : `  [${row.tags.join(', ')}]`;
        const columns = [row.id.padEnd(12), row.name.padEnd(46), row.topologies.join('+').padEnd(24)];
        console.log(`${columns.join('')}${String(row.iterations).padStart(3)}  ${variants}${tags}`);
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
