import type { Command } from 'commander';
import { ScenarioError } from '../../../support/errors.ts';
import { StagePool } from '../../runner/stage-pool.ts';
import { sweep, sweepOrders, sweepPoints } from '../../runner/sweep.ts';
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
    .argument('<id>', 'ID of the scenario')
    .action(async (id: string, given: SharedOptions) => {
      if (given.arena === 'docker')
        throw new ScenarioError('sweep requires --arena simulator: its points are thousands');
      const options = { ...given, arena: 'simulator' as const };
      const check = (catalogue: Parameters<typeof select>[0]) => {
        const scenario = select(catalogue, [id]).scenarios[0];
        const points = scenario === undefined ? [] : sweepPoints(scenario);
        if (scenario === undefined || (points.length === 0 && scenario.orders === null))
          throw new ScenarioError(`sweep: ${id} enumerates nothing`);
        return { scenario, points };
      };
      answers(
        await withRun(options, check, async (run, { scenario, points }) => {
          const baseline = await baselineOf(baselineRequest(run, options.image));
          const trials = (arena: Arena) => ({
            pool: new StagePool(arena),
            arena: arena.name,
            runSeed: options.seed,
            image: options.image,
            defects: [],
            armed: true,
            closingPart: false,
            baseline,
            reporter: {},
            wallMs: () => Date.now(),
            stopAfterRed: null,
          });
          const struck = await sweep(scenario, points, trials(run.arena), (done) => {
            if (done % 100 === 0) console.log(`${scenario.id}: ${done} of ${points.length} points`);
          });
          const { orders } = scenario;
          const walk = orders === null ? null : new StepOrderWalk(run.arena, orders.step);
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
          // Points are no iterations: a report would count them as such.
          return { outcome: null, exitCode: failures.length === 0 ? exitCodes.passed : exitCodes.violation };
        }),
      );
    });
}
