import type { RunResult, RunVerdict, ScenarioResult } from '../runner/results.ts';
import { aligned } from './aligned.ts';
import { durationText } from './wording.ts';

/** The result of a scenario in one run. */
interface Appearance {
  readonly run: RunResult;
  readonly scenario: ScenarioResult;
}

/** Columns of the table, beside times and remarks. */
const counted = ['pass', 'fail', 'inert', 'error'] as const satisfies readonly RunVerdict[];

/**
 * What became of each scenario from run to run, the oldest first: a table for each scenario, arena and system, because
 * their figures cannot be compared with one another. A verdict other than that of the run before is marked.
 */
export function trendText(runs: readonly RunResult[], ids: readonly string[]): string {
  const usable = runs.filter((run) => whyLeftOut(run) === null).toSorted(byAge);
  const tables = ids.flatMap((id) => {
    const appearances = usable.flatMap((run) =>
      run.scenarios.flatMap((scenario) => (scenario.id === id && hasRun(scenario) ? [{ run, scenario }] : [])),
    );
    return [...Map.groupBy(appearances, placeOf)].map(([place, group]) => tableOf(place, group));
  });
  const leftOut = runs
    .toSorted(byAge)
    .flatMap((run) => whyLeftOut(run) ?? [])
    .map((because) => `left out: ${because}`);
  const nothing = tables.length === 0 ? ['no iteration of these scenarios was run'] : [];
  return [...tables, ...nothing, ...(leftOut.length === 0 ? [] : [leftOut.join('\n')])].join('\n\n');
}

/** Whether a run says something of one of these scenarios. */
export function isInTrend(run: RunResult, ids: readonly string[]): boolean {
  return whyLeftOut(run) === null && run.scenarios.some((scenario) => ids.includes(scenario.id) && hasRun(scenario));
}

function hasRun({ iterations }: ScenarioResult): boolean {
  return iterations.length > 0;
}

/** A run that says nothing about the system as it is, and why; else null. */
function whyLeftOut({ run, disarmed, defects, killMatrix }: RunResult): string | null {
  if (killMatrix !== null) return `${run}, a proof`;
  if (disarmed) return `${run}, disarmed`;
  return defects.length === 0 ? null : `${run}, planted defect ${defects.join(', ')}`;
}

/** IDs of runs begin with the time they started. */
function byAge(one: RunResult, other: RunResult): number {
  return one.run < other.run ? -1 : 1;
}

function placeOf({ run, scenario }: Appearance): string {
  return `${scenario.id} ${scenario.name}, ${run.arena}, system ${run.system.name}`;
}

function tableOf(place: string, appearances: readonly Appearance[]): string {
  const head = ['run', 'verdict', ...counted, 'median', 'longest', ''];
  const rows = appearances.map(({ run, scenario }, index) => {
    const times = scenario.iterations.map(({ durationMs }) => durationMs);
    const before = appearances[index - 1]?.scenario.verdict ?? scenario.verdict;
    return [
      run.run,
      scenario.verdict,
      ...counted.map((verdict) => String(countOf([scenario], verdict))),
      durationText(median(times)),
      durationText(Math.max(...times)),
      [...(before === scenario.verdict ? [] : [`<- was ${before}`]), ...(run.partial ? ['partial'] : [])].join(', '),
    ];
  });
  const scenarios = appearances.map(({ scenario }) => scenario);
  return [place, ...aligned([head, ...rows]).map((line) => `  ${line}`), `  ${inAll(scenarios)}`].join('\n');
}

function inAll(scenarios: readonly ScenarioResult[]): string {
  const total = scenarios.reduce((sum, { iterations }) => sum + iterations.length, 0);
  const flips = scenarios.filter(({ verdict }, index) => index > 0 && verdict !== scenarios[index - 1]!.verdict).length;
  const medians = scenarios.map(({ iterations }) => median(iterations.map(({ durationMs }) => durationMs)));
  const spread =
    medians.length === 1
      ? ''
      : `, medians ${durationText(Math.min(...medians))} to ${durationText(Math.max(...medians))}`;
  const changes = flips === 0 ? '' : `, ${flips === 1 ? 'one change' : `${flips} changes`} of verdict`;
  return `${countOf(scenarios, 'pass')} of ${total} iterations passed${spread}${changes}`;
}

function countOf(scenarios: readonly ScenarioResult[], wanted: RunVerdict): number {
  return scenarios.flatMap(({ iterations }) => iterations).filter(({ verdict }) => verdict === wanted).length;
}

/** Of an even number the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
