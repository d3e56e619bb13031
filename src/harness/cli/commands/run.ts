import { type Command, InvalidArgumentError } from 'commander';
import { ScenarioError } from '../../../support/errors.ts';
import { planScenario } from '../../runner/plan.ts';
import {
  belongsTo,
  changedScenarios,
  differences,
  planned,
  type RunRequest,
  requested,
  type Shard,
  shardOf,
} from '../../runner/run-request.ts';
import type { Catalogue } from '../../scenario/catalogue.ts';
import { exitCodes } from '../exit-codes.ts';
import { expectDefects, expectVariant } from '../expect-names.ts';
import { expectTestImage, type OpenRun, withRun } from '../open-run.ts';
import { referenceSystem, scenarioFolder } from '../project.ts';
import { runBasis, scenarioDigests } from '../run-basis.ts';
import { addSharedOptions, defectOption, index, type SharedOptions, workersOption } from '../run-options.ts';
import { type PlannedRun, runPlanned } from '../run-planned.ts';
import { type Selection, select, withVariant } from '../select.ts';
import { lastFailed, resumableRun } from '../stored-runs.ts';

interface RunCommandOptions extends SharedOptions {
  readonly iteration?: number;
  readonly variant?: string;
  readonly smoke?: boolean;
  readonly disarm?: boolean;
  readonly failFast?: boolean;
  readonly dryRun?: boolean;
  readonly defect: readonly string[];
  readonly closingPart?: boolean;
  readonly shard?: Shard;
  readonly resume?: string;
  readonly lastFailed?: boolean;
}

/** `chaos run`: runs scenarios and says what became of them. */
export function addRun(program: Command, answers: (exitCode: number) => void): void {
  addSharedOptions(program.command('run'))
    .description('run scenarios: IDs, patterns such as "T-*", categories, tags, or all')
    .argument('[what...]', 'what to run', ['all'])
    .addOption(workersOption())
    .option('--iteration <i>', 'just this iteration, from 0', index)
    .option('--variant <name>', 'just this variant')
    .option('--shard <i/n>', 'just this part of n, such as 2/4; `chaos merge` joins them', shard)
    .option('--resume <run>', 'go on with a run that was killed, as it was asked for')
    .option('--last-failed', 'run again what did not pass in the last run, with its seed and options')
    .option('--smoke', 'only what each scenario gives to a smoke run')
    .option('--disarm', 'switch every fault off; each scenario must then come out inert')
    .option('--fail-fast', 'stop at the first failure')
    .option('--dry-run', 'say what would run, and run nothing')
    .addOption(defectOption())
    .option('--closing-part', 'add the closing part of the standing defects')
    .action(async (words: string[], options: RunCommandOptions, command: Command) => {
      if (options.resume !== undefined) {
        expectNothingElse('--resume', command);
        answers(await resume(options.resume, options));
      } else if (options.lastFailed) {
        expectNothingElse('--last-failed', command);
        answers(await runLastFailed(options));
      } else answers(await runSelected(words, options));
    });
}

async function runSelected(words: readonly string[], options: RunCommandOptions): Promise<number> {
  const check = (catalogue: Catalogue) => {
    const selected = smokePart(select(catalogue, words), options);
    expectIterationOf(options);
    expectDefects(catalogue, options);
    // Of what is not built nobody knows the variants: alone it is told as not built.
    const isUnknown = selected.scenarios.length === 0 && selected.notBuilt.length > 0;
    if (options.variant === undefined || isUnknown) return { selection: selected, leftOut: null };
    expectVariant(selected.scenarios, options.variant);
    return withVariant(selected, options.variant);
  };
  return withRun(options, check, (run, { selection, leftOut }) => {
    if (leftOut !== null) run.reporter.note?.(leftOut);
    if (options.defect.length > 0 || options.closingPart) expectTestImage(run, options.image);
    return runPlanned(run, plannedRun(run, selection, options), options);
  });
}

/** A smoke run takes what is built and gives it a part. */
function smokePart({ scenarios, notBuilt }: Selection, { smoke }: RunCommandOptions): Selection {
  if (!smoke) return { scenarios, notBuilt };
  const part = scenarios.filter((scenario) => scenario.smoke !== null);
  if (part.length === 0) throw new ScenarioError('--smoke: expected scenarios of the smoke set, got none of them');
  return { scenarios: part, notBuilt: [] };
}

/** The run goes on in its folder; iterations that finished count as they were judged. */
async function resume(id: string, options: RunCommandOptions): Promise<number> {
  const { stored, folder, request, part, resumed, takenOver } = resumableRun(options.reports, id);
  const { run, startedAt } = stored.result;
  return withRun(
    asRequested(options, request),
    (catalogue) => planned(request.scenarios, catalogue.scenarios),
    (open, plans) => {
      const problems = [
        ...differences(`--resume ${id}`, request.basis, runBasis(open.system, open.arena)),
        ...changedScenarios(`--resume ${id}`, request.scenarios, scenarioDigests(open.catalogue.scenarios)),
      ];
      if (problems.length > 0) throw new ScenarioError(problems);
      return runPlanned(open, { request, plans, resumed, takenOver }, options);
    },
    { run, folder, startedAt, spentMs: resumed.spentMs, part },
  );
}

async function runLastFailed(options: RunCommandOptions): Promise<number> {
  const { run, request } = lastFailed(options.reports);
  if (request.scenarios.length === 0) {
    console.log(`--last-failed: every iteration of ${run} passed`);
    return exitCodes.passed;
  }
  return withRun(
    asRequested(options, request),
    (catalogue) => planned(request.scenarios, catalogue.scenarios),
    (open, plans) => {
      const digests = scenarioDigests(plans.map(({ scenario }) => scenario));
      const now: RunRequest = {
        ...request,
        basis: runBasis(open.system, open.arena),
        scenarios: plans.map((plan) => requested(plan, digests.get(plan.scenario.id)!)),
        notBuilt: [],
      };
      return runPlanned(open, { request: now, plans, resumed: null, takenOver: new Map() }, options);
    },
  );
}

/** What only a stored request knows, in the place of what the command line says. */
function asRequested(options: RunCommandOptions, { settings, keepEvidence }: RunRequest): RunCommandOptions {
  return {
    ...options,
    arena: settings.arena,
    seed: settings.runSeed,
    image: settings.image,
    system: settings.system ?? referenceSystem,
    scenarios: settings.scenarios ?? scenarioFolder,
    keepEvidence,
  };
}

function plannedRun(run: OpenRun, { scenarios, notBuilt: rows }: Selection, options: RunCommandOptions): PlannedRun {
  const whole = scenarios.map((scenario) =>
    planScenario(scenario, {
      arena: run.arena,
      image: options.image,
      iterations: options.iterations ?? null,
      iteration: options.iteration ?? null,
      variant: options.variant ?? null,
      smoke: options.smoke ?? false,
    }),
  );
  const part = options.shard ?? { part: 1, count: 1 };
  const plans = shardOf(whole, part);
  const digests = scenarioDigests(scenarios);
  const notBuilt = rows.map(({ id }) => id).filter((id) => belongsTo(part, id, 0));
  const request: RunRequest = {
    settings: settingsOf(run, options),
    failFast: options.failFast ?? false,
    keepEvidence: options.keepEvidence ?? false,
    basis: runBasis(run.system, run.arena),
    shard: options.shard === undefined ? null : `${part.part}/${part.count}`,
    scenarios: plans.map((plan) => requested(plan, digests.get(plan.scenario.id)!)),
    notBuilt,
  };
  return { request, plans, resumed: null, takenOver: new Map() };
}

function settingsOf(run: OpenRun, options: RunCommandOptions): RunRequest['settings'] {
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

/** Of so many iterations that one must be among them. */
function expectIterationOf({ iteration, iterations }: RunCommandOptions): void {
  if (iteration === undefined || iterations === undefined || iteration < iterations) return;
  throw new ScenarioError(
    `--iteration: expected one of the ${iterations} that --iterations asks for, from 0 to ${iterations - 1}, got ${iteration}`,
  );
}

/** What may be said beside an option that takes everything else from a stored run. */
const beside = ['--workers', '--timeout', '--reports', '--reporter'];

function expectNothingElse(option: string, command: Command): void {
  const others = command.options
    .filter((one) => command.getOptionValueSource(one.attributeName()) === 'cli')
    .map(({ long }) => long ?? '')
    .filter((long) => long !== option && !beside.includes(long));
  const got = [...command.args, ...others];
  if (got.length === 0) return;
  throw new ScenarioError(
    `${option}: takes everything from the run but ${beside.join(', ')}; expected nothing else beside it, got ${got.join(' ')}`,
  );
}

function shard(text: string): Shard {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const [part, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || part < 1 || part > count) {
    throw new InvalidArgumentError('expected a part and how many there are, such as 2/4');
  }
  return { part, count };
}
