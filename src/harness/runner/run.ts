import { judgeScenario } from '../checkers/verdict.ts';
import type { Crew } from './crew.ts';
import type { IterationSettings } from './iteration.ts';
import type { ScenarioPlan } from './plan.ts';
import type { IterationResult, Reporter, RunVerdict, ScenarioResult } from './results.ts';

export interface RunOptions {
  readonly crew: Crew;
  readonly settings: IterationSettings;
  readonly failFast: boolean;
  readonly reporter: Reporter;
  readonly wallMs: () => number;
  /** No iteration starts after this long; null: no limit. */
  readonly timeoutMs: number | null;
  /** True once the user interrupted: what runs is ended, nothing new starts. */
  readonly interrupted: () => boolean;
  /** Iterations that an earlier part of the run has finished, by scenario: they count as they were judged. */
  readonly takenOver: ReadonlyMap<string, readonly IterationResult[]>;
}

/**
 * Runs the planned iterations side by side and gives back what became of each scenario, in the order of the plans,
 * with its iterations in their own order, whichever finished first.
 */
export async function runScenarios(plans: readonly ScenarioPlan[], options: RunOptions): Promise<ScenarioResult[]> {
  const startedMs = options.wallMs();
  let hasFailed = false;
  const isOver = () =>
    options.interrupted() ||
    (options.failFast && hasFailed) ||
    (options.timeoutMs !== null && options.wallMs() - startedMs >= options.timeoutMs);
  const onIteration = ({ verdict }: IterationResult) => {
    if (verdict === 'fail') hasFailed = true;
  };
  return Promise.all(plans.map((plan) => runScenario(plan, options, isOver, onIteration)));
}

async function runScenario(
  plan: ScenarioPlan,
  options: RunOptions,
  isOver: () => boolean,
  onIteration: (iteration: IterationResult) => void,
): Promise<ScenarioResult> {
  const { scenario } = plan;
  const { crew, settings, reporter } = options;
  const done = options.takenOver.get(scenario.id) ?? [];
  const left = plan.iterations.filter(({ index }) => !done.some((iteration) => iteration.index === index));
  const ran = await Promise.all(
    left.map((planned) =>
      crew.work(scenario, planned.variants[0], settings, async (iterate) => {
        if (isOver()) return null;
        const iteration = await iterate(scenario, planned, settings, reporter);
        onIteration(iteration);
        return iteration;
      }),
    ),
  );
  const iterations = [...done, ...ran.filter((iteration) => iteration !== null)].toSorted(
    (one, other) => one.index - other.index,
  );
  const result = scenarioResult(plan, iterations);
  reporter.scenarioFinished?.(result);
  return result;
}

/** What these iterations say of a scenario. */
export function scenarioResult(plan: ScenarioPlan, iterations: readonly IterationResult[]): ScenarioResult {
  const { scenario, notRun } = plan;
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
    notRun,
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
