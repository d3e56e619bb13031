import { testerDefectNamed, testerDefects } from '../defects/registry.ts';
import { judgeDefect, type TesterDefect } from '../defects/tester-defect.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Planted, Scenario } from '../scenario/scenario.ts';
import type { Crew, Iterate } from './crew.ts';
import { type IterationSettings, isCaughtBy, redChecks } from './iteration.ts';
import type { ScenarioPlan } from './plan.ts';
import type { KillRow, Reporter, TrialResult } from './results.ts';

/** One scenario with the defects that must turn it red. */
export interface ProvePlan {
  readonly plan: ScenarioPlan;
  readonly planted: readonly Planted[];
  /** The closing part of the standing defects. */
  readonly closingPart: boolean;
}

export interface ProveOptions {
  readonly crew: Crew;
  readonly settings: Omit<IterationSettings, 'defects' | 'closingPart' | 'armed' | 'stopAfterRed'>;
  readonly reporter: Reporter;
  /** True once the user interrupted. */
  readonly interrupted: () => boolean;
  /** True: every planned iteration, for rates. False: a defect's runs end with its first catch. */
  readonly everyIteration: boolean;
  readonly rowFinished: (row: KillRow) => void;
}

/**
 * Runs every planted defect against its scenario beside the correct system on the same seeds, several defects side by
 * side. A defect counts as caught only when the expectation named for it turned a trial `fail` and the correct system
 * passed the same trial. The rows come in the order of the plans.
 */
export async function proveScenarios(plans: readonly ProvePlan[], options: ProveOptions): Promise<KillRow[]> {
  const rows = await Promise.all(plans.map((plan) => provePlan(plan, options)));
  return rows.flat();
}

async function provePlan({ plan, planted, closingPart }: ProvePlan, options: ProveOptions): Promise<KillRow[]> {
  const { crew, settings, interrupted, rowFinished } = options;
  const sound = new SoundTrials(plan.scenario, closingPart, options);
  const variant = plan.iterations[0]?.variants[0];
  const finished = (rows: readonly KillRow[]) => {
    for (const row of rows) rowFinished(row);
    return rows;
  };
  const ofSystem = planted.map((defect) =>
    crew.work(plan.scenario, variant, { image: settings.image, defects: [defect.defect] }, async (iterate) => {
      if (interrupted()) return [];
      return finished([await proveDefect(plan, defect, closingPart, sound, options, iterate)]);
    }),
  );
  const inTester = closingPart ? testerDefects : plan.scenario.plantedInTester.map(testerDefectNamed);
  if (inTester.length === 0) return (await Promise.all(ofSystem)).flat();
  const ofTester = crew.work(plan.scenario, variant, { image: settings.image, defects: [] }, async (iterate) =>
    interrupted() ? [] : finished(await proveTester(plan, inTester, sound, iterate)),
  );
  return (await Promise.all([...ofSystem, ofTester])).flat();
}

interface SoundTrial {
  readonly trial: TrialResult;
  readonly record: TrialRecord | null;
}

/** The correct system on the seeds the defects ran on, each trial once however many defects ask for it. */
class SoundTrials {
  readonly #scenario: Scenario;
  readonly #closingPart: boolean;
  readonly #options: ProveOptions;
  readonly #known = new Map<string, Promise<SoundTrial>>();

  constructor(scenario: Scenario, closingPart: boolean, options: ProveOptions) {
    this.#scenario = scenario;
    this.#closingPart = closingPart;
    this.#options = options;
  }

  /** Runs at the place of the first who asks; the others wait for it. */
  of(index: number, variant: string, iterate: Iterate): Promise<SoundTrial> {
    const key = `${index}/${variant}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#run(index, variant, iterate);
      this.#known.set(key, known);
    }
    return known;
  }

  async #run(index: number, variant: string, iterate: Iterate): Promise<SoundTrial> {
    const variants = this.#scenario.variants.filter((candidate) => candidate.name === variant);
    let record: TrialRecord | null = null;
    const keep: Reporter = {
      trialFinished: (_scenario, _index, _trial, finished) => {
        record = finished;
      },
    };
    // Only the tester's own defects ask for the record, which is large.
    const isAskedFor = this.#closingPart || this.#scenario.plantedInTester.length > 0;
    const reporter = { ...this.#options.reporter, ...(isAskedFor ? keep : {}) };
    const settings = settingsOf(this.#options, { defects: [], closingPart: this.#closingPart, stopAfterRed: null });
    const { trials } = await iterate(this.#scenario, { index, variants }, settings, reporter);
    return { trial: trials[0]!, record };
  }
}

function settingsOf(
  { settings }: ProveOptions,
  own: Pick<IterationSettings, 'defects' | 'closingPart' | 'stopAfterRed'>,
): IterationSettings {
  return { ...settings, armed: true, ...own };
}

async function proveDefect(
  plan: ScenarioPlan,
  planted: Planted,
  closingPart: boolean,
  sound: SoundTrials,
  options: ProveOptions,
  iterate: Iterate,
): Promise<KillRow> {
  const { scenario } = plan;
  const { arena } = options.settings;
  const base = { defect: planted.defect, scenario: scenario.id, arena, expected: planted.caughtBy };
  if (planted.except?.arena === arena) {
    return { ...base, ...noCounts, verdict: 'not-run', because: planted.except.because };
  }
  const isCatch = (trial: TrialResult) => isCaughtBy(trial, planted.caughtBy);
  const settings = settingsOf(options, {
    defects: [planted.defect],
    closingPart,
    stopAfterRed: options.everyIteration ? null : planted.caughtBy,
  });
  const redCounts: Record<string, number> = {};
  let caught = 0;
  let ran = 0;
  let soundPassed = 0;
  let soundBecause: string | null = null;
  let lastBecause = 'nothing ran';
  for (const iteration of plan.iterations) {
    if (options.interrupted()) break;
    const { trials } = await iterate(scenario, iteration, settings, options.reporter);
    ran += 1;
    if (trials.some(isCatch)) caught += 1;
    for (const check of new Set(trials.flatMap(redChecks))) redCounts[check] = (redCounts[check] ?? 0) + 1;
    lastBecause = trials.map((trial) => `${trial.variant}: ${trial.verdict}, ${trial.because}`).join('; ');
    const correct: TrialResult[] = [];
    for (const trial of trials) correct.push((await sound.of(iteration.index, trial.variant, iterate)).trial);
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
async function proveTester(
  { scenario, iterations }: ScenarioPlan,
  defects: readonly TesterDefect[],
  sound: SoundTrials,
  iterate: Iterate,
): Promise<KillRow[]> {
  const first = iterations[0];
  if (first === undefined) return [];
  const { record } = await sound.of(first.index, first.variants[0]!.name, iterate);
  if (record === null) return [];
  return defects.map((defect) => {
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
