import type { Command } from 'commander';
import { judgeRecord } from '../../checkers/judge.ts';
import { judgeTrial } from '../../checkers/verdict.ts';
import type { TrialRecord } from '../../history/trial-record.ts';
import { readRun } from '../../reporters/run-folder.ts';
import type { RunVerdict } from '../../runner/results.ts';
import { type Catalogue, loadCatalogue } from '../../scenario/catalogue.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { runFolderOf } from '../project.ts';
import { reportsOption, scenariosOption } from '../run-options.ts';

/** `chaos recheck`: judges a stored run again, with the checkers and scenarios of today. */
export function addRecheck(program: Command, answers: (exitCode: number) => void): void {
  program
    .command('recheck')
    .description('judge a stored run again from its history and evidence')
    .argument('<run>', 'ID of the run, or the path of its folder')
    .addOption(scenariosOption())
    .addOption(reportsOption())
    .action((run: string, options: { scenarios: string; reports: string }) => {
      const catalogue = loadCatalogue(options.scenarios);
      const verdicts: RunVerdict[] = [];
      for (const { scenario, iteration, records } of readRun(runFolderOf(options.reports, run)).iterations) {
        for (const { record, reduced } of records) {
          const before = iteration.trials.find((trial) => trial.variant === record.variant)?.verdict ?? 'none';
          const { verdict, because } = judgedAgain(catalogue, record);
          verdicts.push(verdict);
          const note = reduced ? ' (its evidence was reduced after it passed; --keep-evidence keeps all)' : '';
          console.log(`${scenario} iteration ${iteration.index} ${record.variant}: ${verdict}, was ${before}${note}`);
          // What was not kept cannot be told again; saying it of every check would hide what can.
          if (verdict !== 'pass' && !reduced) console.log(`  ${because}`);
        }
      }
      answers(exitCodeOf(verdicts));
    });
}

function judgedAgain({ scenarios }: Catalogue, record: TrialRecord): { verdict: RunVerdict; because: string } {
  const variant = scenarios
    .find((scenario) => scenario.id === record.scenario)
    ?.variants.find((candidate) => candidate.name === record.variant);
  if (variant === undefined) return { verdict: 'not-run', because: 'no such scenario or variant any more' };
  const wanted = [...variant.invariants, ...variant.reactions, ...variant.proofs];
  return judgeTrial(judgeRecord(record, wanted), record.entries);
}
