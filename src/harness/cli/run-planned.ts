import { hostname } from 'node:os';
import type { Baseline } from '../history/baseline.ts';
import { lacksOf, type ScenarioPlan, stagesPerWorker } from '../runner/plan.ts';
import type { IterationResult, RunStart, ScenarioResult } from '../runner/results.ts';
import { runScenarios } from '../runner/run.ts';
import type { RunRequest } from '../runner/run-request.ts';
import type { CatalogueRow } from '../scenario/catalogue.ts';
import { baselineOf } from './baseline-of.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { openCrew } from './open-crew.ts';
import { baselineRequest, type OpenRun, type RunOutcome } from './open-run.ts';

/** Everything that decides what runs, and what has run already. */
export interface PlannedRun {
  readonly request: RunRequest;
  readonly plans: readonly ScenarioPlan[];
  readonly resumed: RunStart['resumed'];
  /** Finished iterations that count as they were judged, by scenario. */
  readonly takenOver: ReadonlyMap<string, readonly IterationResult[]>;
}

/** What may differ from one part of a run to the next: it changes no verdict. */
export interface RunPace {
  readonly workers?: number;
  readonly timeout?: number;
  readonly reports: string;
  readonly dryRun?: boolean;
}

/** Runs what is planned and answers what became of it, and the exit code; a dry run only says what that is. */
export async function runPlanned(
  run: OpenRun,
  planned: PlannedRun,
  pace: RunPace,
): Promise<{ outcome: RunOutcome | null; exitCode: number }> {
  const { request, plans, resumed, takenOver } = planned;
  const { settings, failFast, keepEvidence } = request;
  const { reporter, interrupted } = run;
  const works = plans.reduce(
    (sum, plan) => sum + plan.iterations.length - (takenOver.get(plan.scenario.id)?.length ?? 0),
    0,
  );
  const { crew, about } = openCrew(run, {
    asked: pace.workers,
    works,
    scenarios: plans.map(({ scenario }) => scenario.id),
    stagesPerWorker: stagesPerWorker(plans),
    reports: pace.reports,
    reduce: !keepEvidence,
  });
  reporter.runStarted?.({
    run: run.id,
    arena: run.arena.name,
    arenaBecause: run.arenaBecause,
    seed: settings.runSeed,
    workers: about,
    request,
    process: { host: hostname(), pid: process.pid },
    resumed,
    folder: run.folder.path,
    scenarios: plans.map((plan) => ({
      id: plan.scenario.id,
      iterations: plan.iterations.length,
      notRun: plan.notRun.map((one) => `${one.variant}: ${one.because}`),
    })),
  });
  if (pace.dryRun) {
    for (const plan of plans) for (const line of wouldRun(plan)) reporter.note?.(line);
    for (const id of request.notBuilt) reporter.note?.(`${id}: not built yet`);
    await crew.close();
    return { outcome: null, exitCode: exitCodes.passed };
  }
  let results: readonly ScenarioResult[] = [];
  let baseline: Baseline | null = null;
  try {
    // Nothing of it is built: there is nothing to measure for.
    if (plans.length > 0) {
      baseline = await baselineOf(baselineRequest(run, settings.image));
      results = await runScenarios(plans, {
        crew,
        settings: { ...settings, baseline },
        failFast,
        reporter,
        wallMs: Date.now,
        timeoutMs: pace.timeout ?? null,
        interrupted,
        takenOver,
      });
    }
  } finally {
    await crew.close();
  }
  const all = [...results, ...notBuilt(run, request.notBuilt)];
  const outcome: RunOutcome = {
    scenarios: all,
    killMatrix: null,
    partial: plans.some(({ partial }) => partial),
    lacks: lacksOf(plans),
    disarmed: !settings.armed,
    defects: settings.defects,
    baseline,
    usage: crew.usage,
  };
  const isNothing = request.shard !== null && all.length === 0;
  return { outcome, exitCode: isNothing ? exitCodes.passed : exitCodeOf(all.map(({ verdict }) => verdict)) };
}

/** Which iterations of a scenario run which variants, a line for each set of variants. */
function wouldRun({ scenario, iterations, notRun }: ScenarioPlan): string[] {
  const byVariants = Map.groupBy(iterations, ({ variants }) => variants.map(({ name }) => name).join(' + '));
  return [
    ...[...byVariants].map(([variants, all]) => {
      const indexes = all.map(({ index }) => `#${index}`);
      return `${scenario.id} ${variants}: ${indexes.length > 6 ? `${indexes.slice(0, 5).join(' ')} … ${indexes.at(-1)}` : indexes.join(' ')}`;
    }),
    ...notRun.map(({ variant, because }) => `${scenario.id} ${variant}: not run, ${because}`),
  ];
}

/** Scenarios asked for by name that have no file: whoever names one is told that it cannot run. */
export function notBuilt({ catalogue }: Pick<OpenRun, 'catalogue'>, ids: readonly string[]): ScenarioResult[] {
  return catalogue.rows.filter(({ id }) => ids.includes(id)).map(notBuiltResult);
}

function notBuiltResult(row: CatalogueRow): ScenarioResult {
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
