import type { Command } from 'commander';
import { ScenarioError } from '../../../support/errors.ts';
import type { IterationOptions } from '../../runner/iteration.ts';
import { StagePool } from '../../runner/stage-pool.ts';
import { sweep, sweepOrders, sweepPoints } from '../../runner/sweep.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { StepOrderWalk } from '../../simulator/step-order-walk.ts';
import type { Arena } from '../../topology/topology.ts';
import { baselineOf } from '../baseline-of.ts';
import { exitCodes } from '../exit-codes.ts';
import { baselineRequest, withRun } from '../open-run.ts';
import { addSharedOptions, type SharedOptions } from '../run-options.ts';
import { select } from '../select.ts';

/** `chaos sweep ID`: strikes at every point a scenario's fault can strike at, once each. */
export function addSweep(program: Command, answers: (exitCode: number) => void): void {
  addSharedOptions(program.command('sweep'))
    .description('run every point of a scenario’s enumeration once, in the simulator')
    .argument('<what...>', 'IDs, patterns such as "S-SM-*", categories, tags, or all')
    .action(async (words: string[], given: SharedOptions) => {
      if (given.arena === 'docker')
        throw new ScenarioError('sweep requires --arena simulator: its points are thousands');
      const options = { ...given, arena: 'simulator' as const };
      const check = (catalogue: Parameters<typeof select>[0]) => {
        const swept = select(catalogue, words).scenarios.filter(
          (scenario) => scenario.orders !== null || sweepPoints(scenario).length > 0,
        );
        if (swept.length === 0) throw new ScenarioError(`sweep: ${words.join(' ')} enumerates nothing`);
        return swept;
      };
      answers(
        await withRun(options, check, async (run, swept) => {
          const { seed: runSeed, image } = options;
          const baseline = await baselineOf(baselineRequest(run, image));
          let failed = 0;
          for (const scenario of swept) failed += await sweepOne(scenario, run.arena, { runSeed, image, baseline });
          // Points are no iterations: a report would count them as such.
          return { outcome: null, exitCode: failed === 0 ? exitCodes.passed : exitCodes.violation };
        }),
      );
    });
}

/** Prints what did not pass, at most twenty points of it, and answers how many points that are. */
async function sweepOne(
  scenario: Scenario,
  arena: Arena,
  settings: Pick<IterationOptions, 'runSeed' | 'image' | 'baseline'>,
): Promise<number> {
  const points = sweepPoints(scenario);
  const trials = (on: Arena): IterationOptions => ({
    ...settings,
    pool: new StagePool(on),
    arena: on.name,
    defects: [],
    armed: true,
    closingPart: false,
    reporter: {},
    wallMs: () => Date.now(),
    stopAfterRed: null,
  });
  const struck = await sweep(scenario, points, trials(arena), (done) => {
    if (done % 100 === 0) console.log(`${scenario.id}: ${done} of ${points.length} points`);
  });
  const { orders } = scenario;
  const walk = orders === null ? null : new StepOrderWalk(arena, orders.step);
  const ordered =
    orders === null || walk === null
      ? { count: 0, failures: [] }
      : await sweepOrders({ scenario, orders, walk }, trials(walk.arena));
  const failures = [...struck, ...ordered.failures];
  const count = points.length + ordered.count;
  for (const { point, trial } of failures.slice(0, 20)) {
    console.log(`${trial.verdict} at ${JSON.stringify(point.place)}: ${trial.because}`);
  }
  console.log(`${scenario.id}: ${count - failures.length} of ${count} points`);
  return failures.length;
}
