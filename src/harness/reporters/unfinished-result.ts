import { lowerBound } from '../checkers/confidence.ts';
import type { Baseline } from '../history/baseline.ts';
import type { IterationResult, RunResult, ScenarioResult } from '../runner/results.ts';
import type { StartedLine } from './history-file.ts';
import { worstVerdict } from './wording.ts';

/** What can be said of a run that was killed or interrupted: its first line and the iterations that had finished. */
export function unfinishedResult(
  { start, about, catalogue }: StartedLine,
  iterationsOf: (scenario: string) => readonly IterationResult[],
  baseline: Baseline | null,
): RunResult {
  const scenarios = start.scenarios.map((planned): ScenarioResult => {
    const iterations = iterationsOf(planned.id);
    const verdicts = iterations.map(({ verdict }) => verdict);
    const passed = verdicts.filter((verdict) => verdict === 'pass').length;
    const worst = worstVerdict(verdicts);
    return {
      id: planned.id,
      name: catalogue.find(({ id }) => id === planned.id)?.name ?? '',
      why: '',
      topology: '',
      // Only a whole scenario can have passed.
      verdict: worst === 'pass' && iterations.length < planned.iterations ? 'not-run' : worst,
      because: `the run ended after ${iterations.length} of ${planned.iterations} iterations`,
      passed,
      total: iterations.length,
      lowerBound: iterations.length === 0 ? null : lowerBound(passed, iterations.length),
      notRun: [],
      iterations,
    };
  });
  const spentMs = scenarios.flatMap(({ iterations }) => iterations).map(({ durationMs }) => durationMs);
  return {
    ...about,
    run: start.run,
    arena: start.arena,
    arenaBecause: start.arenaBecause,
    seed: start.seed,
    disarmed: start.request?.settings.armed === false,
    defects: start.request?.settings.defects ?? [],
    durationMs: spentMs.reduce((sum, ms) => sum + ms, 0),
    facts: {},
    baseline,
    partial: true,
    scenarios,
    killMatrix: null,
    usage: null,
  };
}
