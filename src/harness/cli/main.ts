import { Command, CommanderError } from 'commander';
import { EnvironmentError, ScenarioError } from '../../support/errors.ts';
import { addBaseline } from './commands/baseline.ts';
import { addBench } from './commands/bench.ts';
import { addDoctor } from './commands/doctor.ts';
import { addImages } from './commands/images.ts';
import { addList } from './commands/list.ts';
import { addMerge } from './commands/merge.ts';
import { addNew } from './commands/new.ts';
import { addProve } from './commands/prove.ts';
import { addRecheck } from './commands/recheck.ts';
import { addReport } from './commands/report.ts';
import { addRepro } from './commands/repro.ts';
import { addRun } from './commands/run.ts';
import { addShow } from './commands/show.ts';
import { addStages } from './commands/stages.ts';
import { addSweep } from './commands/sweep.ts';
import { addTrend } from './commands/trend.ts';
import { exitCodes } from './exit-codes.ts';
import { projectVersion } from './project.ts';

/** Runs one command line and answers its exit code. */
export async function main(words: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.passed;
  const program = new Command('chaos')
    .description('Chaos tests for end-to-end encrypted sync relays: faults with proof, verdicts with evidence.')
    .version(projectVersion())
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(commandLineProblem(text)) })
    .exitOverride();
  const answers = (code: number) => {
    exitCode = code;
  };
  for (const add of [
    addList,
    addShow,
    addRun,
    addRepro,
    addRecheck,
    addProve,
    addReport,
    addTrend,
    addMerge,
    addSweep,
    addDoctor,
    addImages,
    addStages,
    addBench,
    addBaseline,
    addNew,
  ]) {
    add(program, answers);
  }
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    return explained(error);
  }
}

/** Commander's two lines (what is wrong, what was meant) as one like all others. */
function commandLineProblem(text: string): string {
  const what = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ');
  return `chaos: ${what}; --help shows what there is\n`;
}

/** One clear line for each thing that is wrong; a stack only where the fault is our own. */
function explained(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.passed : exitCodes.usage;
  if (error instanceof ScenarioError) {
    for (const problem of error.problems) console.error(`chaos: ${problem}`);
    return exitCodes.usage;
  }
  if (error instanceof EnvironmentError) {
    console.error(`chaos: ${error.message}`);
    return exitCodes.couldNotTell;
  }
  console.error(error);
  return exitCodes.couldNotTell;
}
