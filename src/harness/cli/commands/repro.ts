import type { Command } from 'commander';
import { ScenarioError } from '../../../support/errors.ts';
import { readRun } from '../../reporters/run-folder.ts';
import { runFolderOf } from '../project.ts';
import { reportsOption } from '../run-options.ts';

/** `chaos repro`: the line that runs a stored iteration again, complete in itself. */
export function addRepro(program: Command): void {
  program
    .command('repro')
    .description('print the lines that run an iteration of a stored run again')
    .argument('<where>', '<run>/<ID>/<iteration>')
    .addOption(reportsOption())
    .action((where: string, options: { reports: string }) => {
      const match = /^([^/]+)\/([^/]+)\/(\d+)$/.exec(where);
      if (match === null) throw new ScenarioError(`repro: expected <run>/<ID>/<iteration>, got "${where}"`);
      const [, run, id, index] = match as unknown as [string, string, string, string];
      const { iterations } = readRun(runFolderOf(options.reports, run));
      const found = iterations.find((one) => one.scenario === id && one.iteration.index === Number(index));
      if (found === undefined) {
        const known = iterations.map((one) => `${one.scenario}/${one.iteration.index}`);
        throw new ScenarioError(`repro: expected one of ${known.join(', ')} in run ${run}, got "${id}/${index}"`);
      }
      for (const trial of found.iteration.trials) console.log(trial.repro);
    });
}
