import { judgeScenario } from '../checkers/verdict.ts';
import type { Arena, StageOptions } from '../topology/topology.ts';
import { type IterationOptions, runIteration } from './iteration.ts';
import type { ScenarioPlan } from './plan.ts';
import type { IterationResult, Reporter, RunVerdict, ScenarioResult } from './results.ts';
import { StagePool } from './stage-pool.ts';

export interface RunOptions {
  readonly arena: Arena;
  readonly seed: string;
  readonly image: StageOptions['image'];
  readonly defects: readonly string[];
  readonly armed: boolean;
  readonly closingPart: boolean;
  /** Folder of the system as the user typed it; left out for the reference. */
  readonly system?: string;
  /** Folder of the scenarios as the user typed it; left out for the project's own. */
  readonly scenarios?: string;
  readonly failFast: boolean;
  readonly reporter: Reporter;
  readonly wallMs: () => number;
  /** No iteration starts after this long; null: no limit. */
  readonly timeoutMs: number | null;
  /** True once the user interrupted: what runs is ended, nothing new starts. */
  readonly interrupted: () => boolean;
}

/** Runs the planned scenarios in order, one stage at a time, and gives back what became of each. */
export async function runScenarios(plans: readonly ScenarioPlan[], options: RunOptions): Promise<ScenarioResult[]> {
  const pool = new StagePool(options.arena);
  const startedMs = options.wallMs();
  const isOver = () =>
    options.interrupted() || (options.timeoutMs !== null && options.wallMs() - startedMs >= options.timeoutMs);
  const results: ScenarioResult[] = [];
  try {
    for (const plan of plans) {
      const result = await runScenario(plan, pool, options, isOver);
      results.push(result);
      options.reporter.scenarioFinished?.(result);
      if (options.failFast && result.verdict === 'fail') break;
    }
  } finally {
    await pool.close();
  }
  return results;
}

async function runScenario(
  plan: ScenarioPlan,
  pool: StagePool,
  options: RunOptions,
  isOver: () => boolean,
): Promise<ScenarioResult> {
  const { scenario } = plan;
  const iterationOptions: IterationOptions = {
    ...options,
    pool,
    arena: options.arena.name,
    runSeed: options.seed,
    stopAfter: null,
  };
  const iterations: IterationResult[] = [];
  for (const planned of plan.iterations) {
    if (isOver()) break;
    const iteration = await runIteration(scenario, planned, iterationOptions);
    iterations.push(iteration);
    if (options.failFast && iteration.verdict === 'fail') break;
  }
  const { passed, total, lowerBound } = judgeScenario(iterations.map((iteration) => iteration.verdict));
  return {
    id: scenario.id,
    name: scenario.name,
    why: scenario.why,
    topology: scenario.topology,
    ...verdictOf(plan, iterations),
    passed,
    total,
    lowerBound: total === 0 ? null : lowerBound,
    notRun: plan.notRun,
    iterations,
  };
}

/** A scenario passes only if every planned iteration ran and passed; a failure outweighs everything else. */
function verdictOf(
  plan: ScenarioPlan,
  iterations: readonly IterationResult[],
): { verdict: RunVerdict; because: string } {
  if (plan.iterations.length === 0) {
    const reasons = plan.notRun.map((one) => `${one.variant}: ${one.because}`).join('; ');
    return { verdict: 'not-run', because: reasons || 'no iteration was asked for' };
  }
  for (const verdict of ['fail', 'error', 'inert'] as const) {
    const of = iterations.filter((iteration) => iteration.verdict === verdict);
    if (of.length > 0) return { verdict, because: `${of.length} of ${iterations.length}: ${of[0]!.because}` };
  }
  if (iterations.length < plan.iterations.length) {
    return {
      verdict: 'not-run',
      because: `stopped after ${iterations.length} of ${plan.iterations.length} iterations`,
    };
  }
  return { verdict: 'pass', because: `${iterations.length} of ${iterations.length} iterations passed` };
}
