import type { Command } from 'commander';
import { ScenarioError } from '../../../support/errors.ts';
import { pastResults } from '../../reporters/past-runs.ts';
import { isInTrend, trendText } from '../../reporters/trend.ts';
import { loadCatalogue } from '../../scenario/catalogue.ts';
import { reportsOption, scenariosOption, wholeNumber } from '../run-options.ts';
import { select } from '../select.ts';

interface TrendOptions {
  readonly last: number;
  readonly scenarios: string;
  readonly reports: string;
}

/** `chaos trend`: what became of scenarios from run to run. */
export function addTrend(program: Command): void {
  program
    .command('trend')
    .description('what became of each scenario from run to run, and how long it took')
    .argument('[what...]', 'IDs, patterns such as "S-SM-*", categories, tags, or all', ['all'])
    .option('--last <n>', 'so many of the newest runs', wholeNumber, 10)
    .addOption(scenariosOption())
    .addOption(reportsOption())
    .action((words: string[], { last, scenarios, reports }: TrendOptions) => {
      const selected = select(loadCatalogue(scenarios), words);
      const ids = [...selected.scenarios, ...selected.notBuilt].map(({ id }) => id);
      const runs = pastResults(reports, last, (run) => isInTrend(run, ids));
      if (runs.length === 0) throw new ScenarioError(`trend: expected a run that ended in ${reports}, got none`);
      console.log(trendText(runs, ids));
    });
}
