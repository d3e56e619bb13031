import type { Command } from 'commander';
import type { IterationSettings } from '../../runner/iteration.ts';
import { planScenario, type ScenarioPlan, stagesPerWorker } from '../../runner/plan.ts';
import type { ScenarioResult } from '../../runner/results.ts';
import { runScenarios } from '../../runner/run.ts';
import type { Catalogue, CatalogueRow } from '../../scenario/catalogue.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { expectDefects, expectVariant } from '../expect-names.ts';
import { openCrew } from '../open-crew.ts';
import { expectTestImage, type OpenRun, withRun } from '../open-run.ts';
import { referenceSystem, scenarioFolder } from '../project.ts';
import { addSharedOptions, index, type SharedOptions, workersOption } from '../run-options.ts';
import { type Selection, select } from '../select.ts';

interface RunCommandOptions extends SharedOptions {
  readonly iteration?: number;
  readonly variant?: string;
  readonly smoke?: boolean;
  readonly disarm?: boolean;
  readonly failFast?: boolean;
  readonly dryRun?: boolean;
  readonly defect: readonly string[];
  readonly closingPart?: boolean;
}

/** `chaos run`: runs scenarios and says what became of them. */
export function addRun(program: Command, answers: (exitCode: number) => void): void {
  addSharedOptions(program.command('run'))
    .description('run scenarios: IDs, patterns such as "T-*", categories, tags, or all')
    .argument('[what...]', 'what to run', ['all'])
    .addOption(workersOption())
    .option('--iteration <i>', 'just this iteration, from 0', index)
    .option('--variant <name>', 'just this variant')
    .option('--smoke', 'only what each scenario gives to a smoke run')
    .option('--disarm', 'switch every fault off; each scenario must then come out inert')
    .option('--fail-fast', 'stop at the first failure')
    .option('--dry-run', 'say what would run, and run nothing')
    .option(
      '--defect <name>',
      'plant a defect in the system (repeatable)',
      (name: string, all: string[]) => [...all, name],
      [],
    )
    .option('--closing-part', 'add the closing part of the standing defects')
    .action(async (words: string[], options: RunCommandOptions) => {
      const check = (catalogue: Catalogue) => {
        const selection = select(catalogue, words);
        expectVariant(selection.scenarios, options.variant);
        expectDefects(catalogue, options);
        return selection;
      };
      answers(await withRun(options, check, (run, selection) => runSelected(run, selection, options)));
    });
}

async function runSelected(run: OpenRun, selection: Selection, options: RunCommandOptions) {
  if (options.defect.length > 0 || options.closingPart) expectTestImage(run, options.image);
  const scenarios = options.smoke
    ? selection.scenarios.filter((scenario) => scenario.smoke !== null)
    : selection.scenarios;
  const plans = scenarios.map((scenario) =>
    planScenario(scenario, {
      arena: run.arena,
      image: options.image,
      iterations: options.iterations ?? null,
      iteration: options.iteration ?? null,
      variant: options.variant ?? null,
      smoke: options.smoke ?? false,
    }),
  );
  const works = plans.reduce((sum, plan) => sum + plan.iterations.length, 0);
  const { crew, about } = openCrew(run, {
    asked: options.workers,
    works,
    stagesPerWorker: stagesPerWorker(plans),
    reports: options.reports,
    reduce: !options.keepEvidence,
  });
  run.reporter.runStarted?.({
    run: run.id,
    arena: run.arena.name,
    arenaBecause: run.arenaBecause,
    seed: options.seed,
    workers: about,
    folder: run.folder.path,
    scenarios: plans.map((plan) => ({
      id: plan.scenario.id,
      iterations: plan.iterations.length,
      notRun: plan.notRun.map((one) => `${one.variant}: ${one.because}`),
    })),
  });
  const settings = settingsOf(run, options);
  const { reporter, interrupted } = run;
  const results: ScenarioResult[] = [];
  try {
    if (!options.dryRun) {
      const ran = await runScenarios(plans, {
        crew,
        settings,
        failFast: options.failFast ?? false,
        reporter,
        wallMs: Date.now,
        timeoutMs: options.timeout ?? null,
        interrupted,
        takenOver: new Map(),
      });
      results.push(...ran);
    }
  } finally {
    await crew.close();
  }
  // A smoke run takes what is built; whoever names a scenario is told that it cannot run.
  const all = [...results, ...(options.smoke || options.dryRun ? [] : selection.notBuilt.map(notBuilt))];
  const outcome = {
    scenarios: all,
    killMatrix: null,
    partial: plans.some((plan: ScenarioPlan) => plan.partial),
    disarmed: options.disarm ?? false,
    usage: crew.usage,
  };
  return { outcome, exitCode: options.dryRun ? 0 : exitCodeOf(all.map((result) => result.verdict)) };
}

function settingsOf(run: OpenRun, options: RunCommandOptions): IterationSettings {
  return {
    arena: run.arena.name,
    runSeed: options.seed,
    image: options.image,
    defects: options.defect,
    armed: !options.disarm,
    closingPart: options.closingPart ?? false,
    ...(options.system === referenceSystem ? {} : { system: options.system }),
    ...(options.scenarios === scenarioFolder ? {} : { scenarios: options.scenarios }),
    stopAfterRed: null,
  };
}

function notBuilt(row: CatalogueRow): ScenarioResult {
  return {
    id: row.id,
    name: row.name,
    why: '',
    topology: row.topologies.join('+'),
    verdict: 'not-run',
    because: 'in the catalogue, not built yet',
    passed: 0,
    total: 0,
    lowerBound: null,
    notRun: [],
    iterations: [],
  };
}
