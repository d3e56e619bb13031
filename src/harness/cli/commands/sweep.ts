import type { Command } from 'commander';
import { ScenarioError } from '../../../support/errors.ts';
import type { IterationOptions } from '../../runner/iteration.ts';
import type { RunVerdict } from '../../runner/results.ts';
import { StagePool } from '../../runner/stage-pool.ts';
import { sweep, sweepOrders, sweepPoints } from '../../runner/sweep.ts';
import type { Catalogue } from '../../scenario/catalogue.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { StepOrderWalk } from '../../simulator/step-order-walk.ts';
import type { Arena } from '../../topology/topology.ts';
import { baselineOf } from '../baseline-of.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { expectDefects } from '../expect-names.ts';
import { baselineRequest, expectTestImage, withRun } from '../open-run.ts';
import { scenarioFolder } from '../project.ts';
import { addPlaceOptions, defectOption, type PlaceOptions, wholeNumber } from '../run-options.ts';
import { select } from '../select.ts';

interface SweepCommandOptions extends PlaceOptions {
  readonly point?: number;
  readonly defect: readonly string[];
}

/** `chaos sweep ID`: strikes at every point a scenario's fault can strike at, once each. */
export function addSweep(program: Command, answers: (exitCode: number) => void): void {
  addPlaceOptions(program.command('sweep'))
    .description('run every point of a scenario’s enumeration once, in the simulator')
    .argument('<what...>', 'IDs, patterns such as "S-SM-*", categories, tags, or all')
    .addOption(defectOption())
    .option('--point <n>', 'just this one of the points of a fault, a wait or a step, counted from 1', wholeNumber)
    .action(async (words: string[], given: SweepCommandOptions) => {
      if (given.arena === 'docker')
        throw new ScenarioError('sweep requires --arena simulator: its points are thousands');
      const options = { ...given, arena: 'simulator' as const, reporter: ['terminal'] };
      const check = (catalogue: Catalogue) => {
        expectDefects(catalogue, given);
        const swept = select(catalogue, words).scenarios.filter(
          (scenario) => scenario.orders !== null || sweepPoints(scenario).length > 0,
        );
        if (swept.length === 0) throw new ScenarioError(`sweep: ${words.join(' ')} enumerates nothing`);
        if (given.point !== undefined) expectPoint(swept, given.point);
        return swept;
      };
      answers(
        await withRun(options, check, async (run, swept) => {
          const { seed: runSeed, image, defect: defects } = options;
          if (defects.length > 0) {
            expectTestImage(run, image);
            console.log(`planted defect: ${defects.join(', ')}; the system is wrong on purpose`);
          }
          const baseline = await baselineOf(baselineRequest(run, image));
          const verdicts: RunVerdict[] = [];
          for (const scenario of swept) {
            const failed = await sweepOne(
              scenario,
              run.arena,
              {
                runSeed,
                image,
                defects,
                baseline,
                ...(options.scenarios === scenarioFolder ? {} : { scenarios: options.scenarios }),
              },
              given.point ?? null,
            );
            verdicts.push('pass', ...failed);
          }
          // Points are no iterations: a report would count them as such.
          return { outcome: null, exitCode: exitCodeOf(verdicts) };
        }),
      );
    });
}

/** Throws ScenarioError unless it is a point of the one scenario there is. */
function expectPoint(swept: readonly Scenario[], point: number): void {
  if (swept.length > 1) throw new ScenarioError(`--point: expected one scenario, got ${swept.length}`);
  const { length } = sweepPoints(swept[0]!);
  if (length === 0) throw new ScenarioError(`--point: ${swept[0]!.id} enumerates orders, which are run all or none`);
  if (point > length)
    throw new ScenarioError(`--point: expected one of the ${length} points of ${swept[0]!.id}, got ${point}`);
}

/** Runs all points, or the one named; prints each that did not pass with the line that runs it again, and answers their verdicts. */
async function sweepOne(
  scenario: Scenario,
  arena: Arena,
  settings: Pick<IterationOptions, 'runSeed' | 'image' | 'defects' | 'baseline' | 'scenarios'>,
  only: number | null,
): Promise<readonly RunVerdict[]> {
  const all = sweepPoints(scenario);
  const points = only === null ? all : all.slice(only - 1, only);
  const trials = (on: Arena): IterationOptions => ({
    ...settings,
    pool: new StagePool(on),
    arena: on.name,
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
  const walk = orders === null || only !== null ? null : new StepOrderWalk(arena, orders.step);
  const ordered =
    orders === null || walk === null
      ? { count: 0, failures: [] }
      : await sweepOrders({ scenario, orders, walk }, trials(walk.arena));
  const { runSeed, image, defects, scenarios } = settings;
  const again = [
    `npm run chaos -- sweep ${scenario.id} --seed ${runSeed}`,
    ...(scenarios === undefined ? [] : [`--scenarios ${scenarios}`]),
    ...(image === 'release' ? ['--image release'] : []),
    ...defects.map((defect) => `--defect ${defect}`),
  ].join(' ');
  for (const { point, trial } of struck) {
    console.log(`${trial.verdict} of ${point.variant.name} at ${JSON.stringify(point.place)}: ${trial.because}`);
    console.log(`  again: ${again} --point ${all.indexOf(point) + 1}`);
  }
  for (const { point, trial } of ordered.failures) {
    console.log(`${trial.verdict} at ${JSON.stringify(point.place)}: ${trial.because}`);
    console.log(`  again, with all orders: ${again}`);
  }
  const failures = [...struck, ...ordered.failures];
  const count = points.length + ordered.count;
  console.log(`${scenario.id}: ${count - failures.length} of ${count} points`);
  return failures.map(({ trial }) => trial.verdict);
}
