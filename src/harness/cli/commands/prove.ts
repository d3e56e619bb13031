import type { Command } from 'commander';
import { killMatrixText } from '../../reporters/kill-matrix.ts';
import { planScenario } from '../../runner/plan.ts';
import { type ProvePlan, proveScenarios } from '../../runner/prove.ts';
import type { KillRow } from '../../runner/results.ts';
import type { Catalogue } from '../../scenario/catalogue.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { loadStandingDefects } from '../../scenario/standing-defects.ts';
import { exitCodes } from '../exit-codes.ts';
import { expectDefects, type OpenRun, withRun } from '../open-run.ts';
import { addSharedOptions, type SharedOptions } from '../run-options.ts';
import { select } from '../select.ts';

interface ProveCommandOptions extends SharedOptions {
  readonly variant?: string;
  readonly defect?: string;
  readonly standing?: boolean;
  readonly onlyStanding?: boolean;
}

/** `chaos prove`: shows that the scenarios can go red, and for the right reason. */
export function addProve(program: Command, answers: (exitCode: number) => void): void {
  addSharedOptions(program.command('prove'))
    .description('run every planted defect beside the correct system and print which expectation caught it')
    .argument('[what...]', 'scenarios', ['all'])
    .option('--variant <name>', 'just this variant')
    .option('--defect <name>', 'just this defect')
    .option('--standing', 'also the standing defects, at least one for each standing check')
    .option('--only-standing', 'just the standing defects')
    .action(async (words: string[], options: ProveCommandOptions) => {
      const check = (catalogue: Catalogue) => select(catalogue, options.onlyStanding ? [] : words).scenarios;
      answers(await withRun(options, check, (run, scenarios) => proveSelected(run, scenarios, options)));
    });
}

async function proveSelected(run: OpenRun, scenarios: readonly Scenario[], options: ProveCommandOptions) {
  expectDefects(run, 'test');
  const plans = provePlans(run, scenarios, options).map((plan) =>
    options.defect === undefined
      ? plan
      : { ...plan, planted: plan.planted.filter((planted) => planted.defect === options.defect) },
  );
  run.reporter.runStarted?.({
    run: run.id,
    arena: run.arena.name,
    arenaBecause: run.arenaBecause,
    seed: options.seed,
    folder: run.folder.path,
    scenarios: plans.map(({ plan, planted }) => ({ id: plan.scenario.id, iterations: planted.length, notRun: [] })),
  });
  const rows = await proveScenarios(plans, {
    arena: run.arena,
    seed: options.seed,
    image: 'test',
    reporter: { note: (line) => run.reporter.note?.(line) },
    wallMs: () => Date.now(),
    timeoutMs: null,
    interrupted: run.interrupted,
    everyIteration: options.iterations !== undefined,
    rowFinished: (row) =>
      run.reporter.note?.(`${row.verdict.padEnd(16)} ${row.scenario} ${row.defect}: ${row.because}`),
  });
  console.log(killMatrixText(rows));
  return {
    outcome: { scenarios: [], killMatrix: rows, partial: false, disarmed: false },
    exitCode: exitCodeOfRows(rows),
  };
}

function provePlans(run: OpenRun, scenarios: readonly Scenario[], options: ProveCommandOptions): ProvePlan[] {
  const planOptions = {
    arena: run.arena,
    image: 'test',
    iterations: options.iterations ?? null,
    iteration: null,
    variant: options.variant ?? null,
    smoke: false,
  } as const;
  const entries = scenarios.map((scenario) => ({
    plan: planScenario(scenario, planOptions),
    planted: scenario.planted,
    closingPart: false,
  }));
  if (!options.standing && !options.onlyStanding) return entries;
  const standing = loadStandingDefects(options.scenarios);
  const scenario = run.catalogue.scenarios.find((candidate) => candidate.id === standing.scenario);
  if (scenario === undefined) return entries;
  const plan = planScenario(scenario, {
    ...planOptions,
    variant: standing.variant,
    iterations: options.iterations ?? 1,
  });
  return [...entries, { plan, planted: standing.defects, closingPart: true }];
}

/** A missed defect is a violation: a test that cannot go red. */
function exitCodeOfRows(rows: readonly KillRow[]): number {
  if (rows.some((row) => row.verdict === 'missed' || row.verdict === 'sound-not-green')) return exitCodes.violation;
  return rows.length === 0 ? exitCodes.couldNotTell : exitCodes.passed;
}
