import type { TrialRecord } from '../history/trial-record.ts';
import type { IterationResult, KillRow, RunVerdict, ScenarioResult, TrialResult } from '../runner/results.ts';
import { killMatrixCount, redChecksText, shareText } from './kill-matrix.ts';
import type { CategoryView, IterationView, KillView, ReportData, ScenarioView, TrialView } from './report-data.ts';
import type { StoredIteration, StoredRun } from './run-folder.ts';
import { timelineOf } from './timeline.ts';
import {
  baselineText,
  boundText,
  durationText,
  passedText,
  remarksOf,
  timeOf,
  usageTexts,
  verdictsWorstFirst,
  whatToTry,
  worstVerdict,
} from './wording.ts';

/**
 * How many operations and marks of a trial are shown, while fewer than `untilChars` are spent on all before it. What did
 * not pass is worth more room. The page stays a file of a few megabytes however long the run was.
 */
const room = {
  passed: [
    { most: 1_000, untilChars: 1_000_000 },
    { most: 150, untilChars: 3_200_000 },
  ],
  troubled: [
    { most: 3_000, untilChars: 2_200_000 },
    { most: 150, untilChars: 3_200_000 },
  ],
} as const;

/** The whole content of the page, from what the run's folder holds. */
export function buildReportData(stored: StoredRun): ReportData {
  const { result, started, finished } = stored;
  const views = trialViews(stored);
  const verdicts = result.scenarios.map(({ verdict }) => verdict);
  const { killMatrix } = result;
  const worst = worstVerdict(verdicts);
  const used = result.usage ? usageTexts(result.usage) : [];
  const isProof = verdicts.length === 0 && killMatrix !== null;
  return {
    run: result.run,
    version: result.version,
    title: isProof ? killMatrixCount(killMatrix) : titles[worst],
    verdict: isProof ? killVerdict(killMatrix) : worst,
    disarmed: result.disarmed,
    remarks: [
      ...(finished
        ? []
        : ['unfinished: the run was ended before its last iteration; this is what it had done by then']),
      ...remarksOf(result),
    ],
    about: [
      ['arena', `${result.arena} (${result.arenaBecause})`],
      ['seed', result.seed],
      ['system', `${result.system.name} ${result.system.version}`],
      ['started', result.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')],
      ['took', durationText(result.durationMs)],
      ...(result.baseline ? [['baseline', baselineText(result.baseline, result.startedAt)] as const] : []),
      ...(used.length > 0 ? [['workers', used.join('; ')] as const] : []),
      ['run', result.run],
    ],
    facts: Object.entries(result.facts).map(([name, value]) => [name, factText(value)] as const),
    counts: verdictsWorstFirst
      .map((verdict) => [verdict, verdicts.filter((one) => one === verdict).length] as const)
      .filter(([, count]) => count > 0),
    categories: categoriesOf(started.catalogue),
    scenarios: result.scenarios.map((scenario) => scenarioView(scenario, views)),
    killMatrix: killMatrix === null ? null : killMatrix.map(killView),
    killCount: killMatrix === null ? '' : killMatrixCount(killMatrix),
  };
}

/** What did not pass first: room that runs out must run out for what passed. */
function trialViews({ iterations }: StoredRun): Map<TrialResult, TrialView> {
  const views = new Map<TrialResult, TrialView>();
  const isGood = ({ iteration }: StoredIteration) => iteration.verdict === 'pass';
  let spentChars = 0;
  for (const stored of [...iterations.filter((one) => !isGood(one)), ...iterations.filter(isGood)]) {
    const records = spentChars < room.passed[1].untilChars ? stored.records : [];
    for (const trial of stored.iteration.trials) {
      const record = records.find((one) => one.record.variant === trial.variant)?.record ?? null;
      const view = trialView(trial, record, spentChars);
      spentChars += JSON.stringify(view).length;
      views.set(trial, view);
    }
  }
  return views;
}

function trialView(trial: TrialResult, record: TrialRecord | null, spentChars: number): TrialView {
  const isGood = trial.verdict === 'pass';
  const left = room[isGood ? 'passed' : 'troubled'].find(({ untilChars }) => spentChars < untilChars);
  return {
    variant: trial.variant,
    verdict: trial.verdict,
    // What decided it stands among the findings, with its witnesses.
    because: trial.deciding.length === 0 ? trial.because : trial.because.split('; ')[0]!,
    advice: whatToTry(trial.verdict),
    seed: trial.seed,
    repro: trial.repro,
    time: durationText(trial.durationMs),
    deciding: trial.deciding,
    findings: left ? trial.findings : isGood ? null : trial.findings.filter(({ verdict }) => verdict !== 'valid'),
    timeline: left && record !== null ? timelineOf(record, left.most) : null,
  };
}

function scenarioView(scenario: ScenarioResult, views: ReadonlyMap<TrialResult, TrialView>): ScenarioView {
  const { id, name, why, topology, verdict, because, notRun } = scenario;
  return {
    id,
    name,
    why,
    topology,
    verdict,
    because,
    passed: passedText(scenario),
    bound: boundText(scenario.lowerBound),
    time: durationText(timeOf(scenario)),
    notRun,
    iterations: scenario.iterations.map((iteration) => iterationView(iteration, views)),
  };
}

function iterationView(iteration: IterationResult, views: ReadonlyMap<TrialResult, TrialView>): IterationView {
  const { index, variant, verdict, because, digest, startedAt, errors, trials, durationMs } = iteration;
  return {
    index,
    variant,
    verdict,
    because,
    digest,
    startedAt,
    errors,
    time: durationText(durationMs),
    trials: trials.flatMap((trial) => views.get(trial) ?? []),
  };
}

const categoryNames: Readonly<Record<string, string>> = {
  T: 'Transport',
  E: 'Encryption and handshake',
  S: 'Sync protocol',
  C: 'Content',
  A: 'Adversarial',
  X: 'Cross-platform',
  MR: 'Several relays',
};

function categoriesOf(catalogue: readonly CategoryView['rows'][number][]): CategoryView[] {
  const letters = [...new Set(catalogue.map(({ id }) => id.split('-')[0]!))];
  return letters.map((letter) => {
    const rows = catalogue.filter(({ id }) => id.split('-')[0] === letter);
    return { name: categoryNames[letter] ?? letter, built: rows.filter(({ built }) => built).length, rows };
  });
}

function killVerdict(rows: readonly KillRow[]): RunVerdict {
  const isBad = rows.some(({ verdict }) => verdict === 'missed' || verdict === 'sound-not-green');
  return isBad ? 'fail' : rows.some(({ verdict }) => verdict === 'caught') ? 'pass' : 'not-run';
}

function killView(row: KillRow): KillView {
  const { defect, scenario, arena, expected, verdict, because } = row;
  return {
    defect,
    scenario,
    arena,
    expected,
    verdict,
    because,
    caught: shareText(row.caught, row.iterations),
    sound: shareText(row.soundPassed, row.iterations),
    red: redChecksText(row),
  };
}

/** The head of the page, by the worst verdict. */
const titles: Readonly<Record<RunVerdict, string>> = {
  pass: 'Every scenario passed',
  fail: 'A violation was found',
  inert: 'Could not tell: a fault left no proof',
  error: 'Could not tell: the tester or the machine failed',
  'not-run': 'Could not tell: a scenario was not run',
};

function factText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1);
}
