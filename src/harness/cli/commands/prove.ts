import { hostname } from 'node:os';
import type { Command } from 'commander';
import type { Baseline } from '../../history/baseline.ts';
import { killMatrixText } from '../../reporters/kill-matrix.ts';
import { planScenario, stagesPerWorker } from '../../runner/plan.ts';
import { type ProvePlan, proveScenarios } from '../../runner/prove.ts';
import type { KillRow } from '../../runner/results.ts';
import type { Catalogue } from '../../scenario/catalogue.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { loadStandingDefects, type StandingDefects } from '../../scenario/standing-defects.ts';
import { baselineOf } from '../baseline-of.ts';
import { exitCodes } from '../exit-codes.ts';
import { expectPlanted, expectVariant } from '../expect-names.ts';
import { knownDefects } from '../known-defects.ts';
import { openCrew } from '../open-crew.ts';
import { baselineRequest, expectTestImage, type OpenRun, withRun } from '../open-run.ts';
import { addSharedOptions, type SharedOptions, workersOption } from '../run-options.ts';
import { select } from '../select.ts';

interface ProveCommandOptions extends SharedOptions {
  readonly variant?: string;
  readonly defect?: string;
  readonly standing?: boolean;
  readonly onlyStanding?: boolean;
}

interface Asked {
  readonly scenarios: readonly Scenario[];
  /** Null when they were not asked for. */
  readonly standing: StandingDefects | null;
}

/** `chaos prove`: shows that the scenarios can go red, and for the right reason. */
export function addProve(program: Command, answers: (exitCode: number) => void): void {
  addSharedOptions(program.command('prove'))
    .description('run every planted defect beside the correct system and print which expectation caught it')
    .argument('[what...]', 'scenarios', ['all'])
    .addOption(workersOption())
    .option('--variant <name>', 'just this variant')
    .option('--defect <name>', 'just this defect')
    .option('--standing', 'also the standing defects, at least one for each standing check')
    .option('--only-standing', 'just the standing defects')
    .action(async (words: string[], options: ProveCommandOptions) => {
      const check = (catalogue: Catalogue): Asked => {
        const { scenarios } = select(catalogue, options.onlyStanding ? [] : words);
        const standing =
          options.standing || options.onlyStanding
            ? loadStandingDefects(options.scenarios, knownDefects(options.system).system)
            : null;
        const planted = [...scenarios.flatMap((scenario) => scenario.planted), ...(standing?.defects ?? [])];
        if (scenarios.length > 0) expectVariant(scenarios, options.variant);
        if (options.defect !== undefined) expectPlanted(planted, options.defect);
        return { scenarios, standing };
      };
      answers(await withRun(options, check, (run, asked) => proveSelected(run, asked, options)));
    });
}

async function proveSelected(run: OpenRun, asked: Asked, options: ProveCommandOptions) {
  expectTestImage(run, 'test');
  const plans = provePlans(run, asked, options).map((plan) =>
    options.defect === undefined
      ? plan
      : { ...plan, planted: plan.planted.filter((planted) => planted.defect === options.defect) },
  );
  const { crew, about } = openCrew(run, {
    asked: options.workers,
    works: plans.reduce((sum, { planted }) => sum + planted.length, 0),
    scenarios: plans.map(({ plan }) => plan.scenario.id),
    // The defect and the correct system take turns.
    stagesPerWorker: 2 * stagesPerWorker(plans.map(({ plan }) => plan)),
    reports: options.reports,
    reduce: false,
  });
  run.reporter.runStarted?.({
    run: run.id,
    arena: run.arena.name,
    arenaBecause: run.arenaBecause,
    seed: options.seed,
    workers: about,
    request: null,
    process: { host: hostname(), pid: process.pid },
    resumed: null,
    folder: run.folder.path,
    scenarios: plans.map(({ plan, planted }) => ({ id: plan.scenario.id, iterations: planted.length, notRun: [] })),
  });
  let rows: KillRow[];
  let baseline: Baseline;
  try {
    baseline = await baselineOf(baselineRequest(run, 'test'));
    rows = await proveScenarios(plans, {
      crew,
      settings: { arena: run.arena.name, runSeed: options.seed, image: 'test', baseline },
      reporter: { note: (line) => run.reporter.note?.(line) },
      interrupted: run.interrupted,
      everyIteration: options.iterations !== undefined,
      rowFinished: (row) =>
        run.reporter.note?.(`${row.verdict.padEnd(16)} ${row.scenario} ${row.defect}: ${row.because}`),
    });
  } finally {
    await crew.close();
  }
  console.log(killMatrixText(rows));
  return {
    outcome: {
      scenarios: [],
      killMatrix: rows,
      partial: false,
      lacks: [],
      disarmed: false,
      // Its kill matrix names them.
      defects: [],
      baseline,
      usage: crew.usage,
    },
    exitCode: exitCodeOfRows(rows),
  };
}

function provePlans(run: OpenRun, { scenarios, standing }: Asked, options: ProveCommandOptions): ProvePlan[] {
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
  if (standing === null) return entries;
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
