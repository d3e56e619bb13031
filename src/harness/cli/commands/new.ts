import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { EnvironmentError, messageOf, ScenarioError } from '../../../support/errors.ts';
import { loadCatalogue } from '../../scenario/catalogue.ts';
import { scaffold, scenarioPath } from '../../scenario/scaffold.ts';
import { scenariosOption } from '../run-options.ts';
import { select } from '../select.ts';

/** `chaos new ID`: the beginning of a scenario's file, from its row of the catalogue. */
export function addNew(program: Command): void {
  program
    .command('new')
    .description('begin the file of a scenario that the catalogue has and nobody has built')
    .argument('<id>', 'ID of the scenario')
    .addOption(scenariosOption())
    .action((id: string, { scenarios: folder }: { scenarios: string }) => {
      const { scenarios, notBuilt } = select(loadCatalogue(folder), [id]);
      const [row, ...others] = [...scenarios, ...notBuilt];
      if (row === undefined || others.length > 0) {
        throw new ScenarioError(`new: expected the ID of one scenario, got "${id}"`);
      }
      const [wanted] = notBuilt;
      if (wanted === undefined) {
        throw new ScenarioError(`new: expected a scenario that is not built, got ${row.id}: ${scenarios[0]!.file}`);
      }
      const path = join(folder, scenarioPath(wanted));
      write(path, scaffold(wanted));
      console.log(`${relative(process.cwd(), path)}: begun, with a fault that runs as it is, to be replaced`);
      for (const words of [
        `run ${wanted.id} --arena simulator`,
        `run ${wanted.id} --disarm   # must come out inert`,
        `prove ${wanted.id}`,
      ]) {
        console.log(`  npm run chaos -- ${words}`);
      }
    });
}

/** Never over a file that is there. */
function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    throw new EnvironmentError(`writing ${path}: ${messageOf(error)}`, { cause: error });
  }
}
