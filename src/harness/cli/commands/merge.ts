import { hostname } from 'node:os';
import type { Command } from 'commander';
import { ScenarioError } from '../../../support/errors.ts';
import { appendIterations } from '../../reporters/history-file.ts';
import { openReporters } from '../../reporters/registry.ts';
import { RunFolder, readRun, type StoredRun } from '../../reporters/run-folder.ts';
import { lacksOf } from '../../runner/plan.ts';
import type { RunResult } from '../../runner/results.ts';
import { scenarioResult } from '../../runner/run.ts';
import { changedScenarios, differences, joined, planned, type RunRequest } from '../../runner/run-request.ts';
import { type Catalogue, loadCatalogue } from '../../scenario/catalogue.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { aboutRun, catalogueEntries, runId } from '../open-run.ts';
import { runFolderOf, scenarioFolder } from '../project.ts';
import { scenarioDigests } from '../run-basis.ts';
import { reporterOption, reportsOption } from '../run-options.ts';
import { notBuilt } from '../run-planned.ts';
import { requestOf } from '../stored-runs.ts';

interface MergeOptions {
  readonly reports: string;
  readonly reporter: readonly string[];
}

/** `chaos merge <run>...`: joins the shards of a run into one run with one report. */
export function addMerge(program: Command, answers: (exitCode: number) => void): void {
  program
    .command('merge')
    .description('join the shards of a run into one run with one report')
    .argument('<run...>', 'IDs of the runs, or the paths of their folders')
    .addOption(reportsOption())
    .addOption(reporterOption())
    .action(async (runs: string[], options: MergeOptions) => answers(await merge(runs, options)));
}

async function merge(runs: readonly string[], { reports, reporter: names }: MergeOptions): Promise<number> {
  const parts = runs.map((run) => readRun(runFolderOf(reports, run)));
  const first = parts[0]!;
  const requests = parts.map((part) => requestOf(part, 'merge'));
  expectOneRun(parts, requests);
  const { settings } = requests[0]!;
  const catalogue = loadCatalogue(settings.scenarios ?? scenarioFolder);
  const request = wholeRequest(requests, catalogue);
  const plans = planned(request.scenarios, catalogue.scenarios);

  const iterations = parts.flatMap((part) => part.iterations);
  const of = (id: string) =>
    iterations
      .filter(({ scenario }) => scenario === id)
      .map(({ iteration }) => iteration)
      .toSorted((one, other) => one.index - other.index);
  const scenarios = [
    ...plans.map((plan) => scenarioResult(plan, of(plan.scenario.id))),
    ...notBuilt({ catalogue }, request.notBuilt),
  ];
  const id = runId(Date.now());
  const folder = RunFolder.create(reports, id);
  const { name, version } = first.result.system;
  const result: RunResult = {
    ...first.result,
    run: id,
    arenaBecause: `${first.result.arenaBecause}; joined from ${parts.map((part) => part.result.run).join(', ')}`,
    startedAt: parts.map((part) => part.result.startedAt).toSorted()[0]!,
    durationMs: Math.max(...parts.map((part) => part.result.durationMs)),
    partial: plans.some((plan) => plan.partial),
    lacks: lacksOf(plans),
    joinedFrom: parts.map((part) => part.result.run),
    scenarios,
    usage: null,
  };
  const reporter = openReporters(names, {
    folder,
    stream: process.stdout,
    colours: !process.env.NO_COLOR,
    about: aboutRun({ name, version }, result.startedAt),
    catalogue: catalogueEntries(catalogue),
    reduce: null,
  });
  reporter.runStarted?.({
    run: id,
    arena: result.arena,
    arenaBecause: result.arenaBecause,
    seed: result.seed,
    workers: `of ${parts.length} runs`,
    request,
    process: { host: hostname(), pid: process.pid },
    resumed: null,
    folder: folder.path,
    scenarios: plans.map(({ scenario, iterations: { length } }) => ({
      id: scenario.id,
      iterations: length,
      notRun: [],
    })),
  });
  appendIterations(folder, iterations);
  await reporter.runFinished?.(result);
  return exitCodeOf(scenarios.map(({ verdict }) => verdict));
}

/** Everything but the shard must be the same: else the joined figures would be of no one system and no one seed. */
function expectOneRun(parts: readonly StoredRun[], requests: readonly RunRequest[]): void {
  const [first] = requests;
  const problems = requests.slice(1).flatMap((request, index) => {
    const of = `merge: ${parts[index + 1]!.result.run}`;
    const [want, got] = [JSON.stringify(first!.settings), JSON.stringify(request.settings)];
    return [
      ...differences(of, first!.basis, request.basis),
      ...(want === got ? [] : [`${of}: expected what ${parts[0]!.result.run} was asked for, ${want}, got ${got}`]),
    ];
  });
  if (problems.length > 0) throw new ScenarioError(problems);
}

function wholeRequest(requests: readonly RunRequest[], { scenarios }: Catalogue): RunRequest {
  const digests = scenarioDigests(scenarios);
  const problems = requests.flatMap((request) => changedScenarios('merge', request.scenarios, digests));
  if (problems.length > 0) throw new ScenarioError([...new Set(problems)]);
  return {
    ...requests[0]!,
    shard: null,
    scenarios: joined(
      requests.map((request) => request.scenarios),
      scenarios,
    ),
    notBuilt: [...new Set(requests.flatMap((request) => request.notBuilt))],
  };
}
