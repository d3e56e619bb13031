import { testerDefects } from '../defects/registry.ts';
import { judgeDefect } from '../defects/tester-defect.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Planted, Scenario } from '../scenario/scenario.ts';
import { type IterationOptions, runIteration } from './iteration.ts';
import type { PlannedIteration, ScenarioPlan } from './plan.ts';
import type { KillRow, Reporter, TrialResult } from './results.ts';
import type { RunOptions } from './run.ts';
import { StagePool } from './stage-pool.ts';

/** One scenario with the defects that must turn it red. */
export interface ProvePlan {
  readonly plan: ScenarioPlan;
  readonly planted: readonly Planted[];
  /** The closing part of the standing defects. */
  readonly closingPart: boolean;
}

export interface ProveOptions extends Omit<RunOptions, 'defects' | 'closingPart' | 'armed' | 'failFast'> {
  /** True: every planned iteration, for rates. False: a defect's runs end with its first catch. */
  readonly everyIteration: boolean;
  readonly rowFinished: (row: KillRow) => void;
}

/**
 * Runs every planted defect against its scenario beside the correct system on the same seeds. A defect counts as caught
 * only when the expectation named for it turned a trial `fail` and the correct system passed the same trial.
 */
export async function proveScenarios(plans: readonly ProvePlan[], options: ProveOptions): Promise<KillRow[]> {
  const pool = new StagePool(options.arena);
  const rows: KillRow[] = [];
  try {
    for (const { plan, planted, closingPart } of plans) {
      const sound = new SoundTrials(plan.scenario, { ...iterationOptions(options, pool), closingPart });
      for (const defect of planted) {
        if (options.interrupted()) return rows;
        const row = await proveDefect(plan, defect, closingPart, sound, options, pool);
        rows.push(row);
        options.rowFinished(row);
      }
      if (!closingPart) continue;
      for (const row of await proveTester(plan, sound)) {
        rows.push(row);
        options.rowFinished(row);
      }
    }
  } finally {
    await pool.close();
  }
  return rows;
}

function iterationOptions(options: ProveOptions, pool: StagePool): IterationOptions {
  return {
    pool,
    arena: options.arena.name,
    runSeed: options.seed,
    image: options.image,
    defects: [],
    armed: true,
    closingPart: false,
    reporter: options.reporter,
    wallMs: options.wallMs,
    stopAfter: null,
  };
}

/** The correct system on the seeds the defects ran on, each trial once however many defects ask for it. */
class SoundTrials {
  readonly #scenario: Scenario;
  readonly #options: IterationOptions;
  readonly #known = new Map<string, { readonly trial: TrialResult; readonly record: TrialRecord | null }>();

  constructor(scenario: Scenario, options: IterationOptions) {
    this.#scenario = scenario;
    this.#options = options;
  }

  async of(
    index: number,
    variant: string,
  ): Promise<{ readonly trial: TrialResult; readonly record: TrialRecord | null }> {
    const key = `${index}/${variant}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      const variants = this.#scenario.variants.filter((candidate) => candidate.name === variant);
      let record: TrialRecord | null = null;
      const reporter: Reporter = {
        ...this.#options.reporter,
        trialFinished: (_scenario, _index, _trial, finished) => {
          record = finished;
        },
      };
      const iteration = await runIteration(this.#scenario, { index, variants }, { ...this.#options, reporter });
      known = { trial: iteration.trials[0]!, record };
      this.#known.set(key, known);
    }
    return known;
  }
}

async function proveDefect(
  plan: ScenarioPlan,
  planted: Planted,
  closingPart: boolean,
  sound: SoundTrials,
  options: ProveOptions,
  pool: StagePool,
): Promise<KillRow> {
  const { scenario } = plan;
  const base = { defect: planted.defect, scenario: scenario.id, arena: options.arena.name, expected: planted.caughtBy };
  if (planted.except?.arena === options.arena.name) {
    return { ...base, ...noCounts, verdict: 'not-run', because: planted.except.because };
  }
  const isCatch = (trial: TrialResult) => trial.verdict === 'fail' && redChecks(trial).includes(planted.caughtBy);
  const redCounts: Record<string, number> = {};
  let caught = 0;
  let ran = 0;
  let soundPassed = 0;
  let soundBecause: string | null = null;
  let lastBecause = 'nothing ran';
  for (const iteration of plan.iterations) {
    if (options.interrupted()) break;
    const trials = await trialsOf(scenario, iteration, {
      ...iterationOptions(options, pool),
      defects: [planted.defect],
      closingPart,
      stopAfter: options.everyIteration ? null : isCatch,
    });
    ran += 1;
    if (trials.some(isCatch)) caught += 1;
    for (const check of new Set(trials.flatMap(redChecks))) redCounts[check] = (redCounts[check] ?? 0) + 1;
    lastBecause = trials.map((trial) => `${trial.variant}: ${trial.verdict}, ${trial.because}`).join('; ');
    const correct: TrialResult[] = [];
    for (const trial of trials) correct.push((await sound.of(iteration.index, trial.variant)).trial);
    const notGreen = correct.find((trial) => trial.verdict !== 'pass');
    if (notGreen === undefined) soundPassed += 1;
    else soundBecause = `the correct system on the same seed: ${notGreen.verdict}, ${notGreen.because}`;
    if (caught > 0 && !options.everyIteration) break;
  }
  const counts = { caught, iterations: ran, redChecks: redCounts, soundPassed };
  if (soundBecause !== null) return { ...base, ...counts, verdict: 'sound-not-green', because: soundBecause };
  if (caught === 0) return { ...base, ...counts, verdict: 'missed', because: lastBecause };
  return { ...base, ...counts, verdict: 'caught', because: `${planted.caughtBy} turned ${caught} of ${ran} red` };
}

/** The tester itself, wrong on purpose, on the record of one green trial: the check it blinds must be missed. */
async function proveTester({ scenario, iterations }: ScenarioPlan, sound: SoundTrials): Promise<KillRow[]> {
  const first = iterations[0];
  if (first === undefined) return [];
  const { record } = await sound.of(first.index, first.variants[0]!.name);
  if (record === null) return [];
  return testerDefects.map((defect) => {
    const { verdict, because } = judgeDefect(defect, record);
    return {
      defect: `tester: ${defect.name}`,
      scenario: scenario.id,
      arena: record.arena,
      expected: defect.blinds,
      caught: verdict === 'caught' ? 1 : 0,
      iterations: 1,
      redChecks: {},
      soundPassed: 1,
      verdict,
      because,
    };
  });
}

const noCounts = { caught: 0, iterations: 0, redChecks: {}, soundPassed: 0 } as const;

async function trialsOf(scenario: Scenario, iteration: PlannedIteration, options: IterationOptions) {
  return (await runIteration(scenario, iteration, options)).trials;
}

function redChecks(trial: TrialResult): string[] {
  return trial.findings
    .filter((finding) => finding.verdict === 'invalid' && finding.role !== 'proof')
    .map((finding) => finding.check);
}
