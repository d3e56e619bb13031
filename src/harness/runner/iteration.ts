import { messageOf } from '../../support/errors.ts';
import { Prng } from '../../support/prng.ts';
import { judgeRecord } from '../checkers/judge.ts';
import { saysTooBusy } from '../checkers/lag.ts';
import { judgeIteration, judgeTrial } from '../checkers/verdict.ts';
import { sha256 } from '../evidence/digest.ts';
import { reduceCollected } from '../evidence/keep.ts';
import type { Baseline } from '../history/baseline.ts';
import type { Phase } from '../history/history.ts';
import { entriesText, type TrialRecord } from '../history/trial-record.ts';
import type { Scenario, Variant } from '../scenario/scenario.ts';
import type { ArenaName, StageOptions, Topology } from '../topology/topology.ts';
import type { PlannedIteration } from './plan.ts';
import { reproLine } from './repro.ts';
import type { IterationResult, Reporter, TrialResult } from './results.ts';
import type { StagePool } from './stage-pool.ts';
import { runTrial } from './trial.ts';

/** What decides how an iteration runs and what it is told as: the same wherever it runs. */
export interface IterationSettings {
  readonly arena: ArenaName;
  readonly runSeed: string;
  readonly image: StageOptions['image'];
  readonly defects: readonly string[];
  readonly armed: boolean;
  readonly closingPart: boolean;
  /** What a clean network takes here. */
  readonly baseline: Baseline;
  /** Folder of the system as the user typed it; left out for the reference. */
  readonly system?: string;
  /** Folder of the scenarios as the user typed it; left out for the project's own. */
  readonly scenarios?: string;
  /** After a trial that this check turned red the rest of the iteration is not run; null: always go on. */
  readonly stopAfterRed: string | null;
}

export interface IterationOptions extends IterationSettings {
  readonly pool: StagePool;
  readonly reporter: Reporter;
  readonly wallMs: () => number;
  /** Waits until nothing else runs, where something may. */
  readonly alone?: () => Promise<void>;
}

/** A trial that ended in `error` is run again so often; a failure never is. */
const errorRetriesMax = 2;

/** Everything a trial draws follows from this; variants and iterations do not disturb each other. */
export function trialSeed(runSeed: string, scenario: string, iteration: number, variant: string): string {
  return `${runSeed}/${scenario}/${iteration}/${variant}`;
}

/** The trial failed and this check was red in it. */
export function isCaughtBy(trial: TrialResult, check: string): boolean {
  return trial.verdict === 'fail' && redChecks(trial).includes(check);
}

/** Invariants and reactions that were found broken. */
export function redChecks(trial: TrialResult): string[] {
  return trial.findings
    .filter((finding) => finding.verdict === 'invalid' && finding.role !== 'proof')
    .map((finding) => finding.check);
}

/** Runs the variants of one iteration one after another and joins their verdicts. */
export async function runIteration(
  scenario: Scenario,
  planned: PlannedIteration,
  options: IterationOptions,
): Promise<IterationResult> {
  const startedMs = options.wallMs();
  const variant = planned.variants.map((one) => one.name).join(' + ');
  options.reporter.iterationStarted?.(scenario.id, planned.index, variant);
  const trials: TrialResult[] = [];
  const digests: string[] = [];
  const errors: string[] = [];
  for (const one of planned.variants) {
    const { trial, digest, failedAttempts } = await runTrialUntilJudged(scenario, one, planned.index, options);
    trials.push(trial);
    digests.push(digest);
    errors.push(...failedAttempts);
    if (options.stopAfterRed !== null && isCaughtBy(trial, options.stopAfterRed)) break;
  }
  const { verdict, because } = judgeIteration(trials);
  const result: IterationResult = {
    index: planned.index,
    seed: options.runSeed,
    variant,
    verdict,
    because,
    digest: sha256(digests.join('\n')),
    startedAt: new Date(startedMs).toISOString(),
    durationMs: options.wallMs() - startedMs,
    trials,
    errors,
  };
  options.reporter.iterationFinished?.(scenario.id, result);
  return result;
}

async function runTrialUntilJudged(scenario: Scenario, variant: Variant, index: number, options: IterationOptions) {
  const failedAttempts: string[] = [];
  for (;;) {
    const { trial, digest } = await runOneTrial(scenario, variant, index, options);
    if (trial.verdict !== 'error' || failedAttempts.length >= errorRetriesMax) return { trial, digest, failedAttempts };
    failedAttempts.push(`${variant.name}: ${trial.because}`);
    // A second error may be the machine's as well, whatever the first says: the last attempt has it for itself.
    const isAlone = saysTooBusy(trial.findings) || failedAttempts.length === errorRetriesMax;
    const how = isAlone ? 'running it again with nothing at its side' : 'running it again';
    // What went wrong and the first check it kept from telling; all of it is in the results.
    const why = trial.because.split('; ').slice(0, 2).join('; ');
    options.reporter.note?.(`${scenario.id} ${variant.name}: error, ${how} (${why})`);
    if (isAlone) await options.alone?.();
  }
}

async function runOneTrial(scenario: Scenario, variant: Variant, index: number, options: IterationOptions) {
  const seed = trialSeed(options.runSeed, scenario.id, index, variant.name);
  const startedMs = options.wallMs();
  const stage: StageOptions = {
    topology: variant.topology,
    profile: variant.profile,
    defects: options.defects,
    image: options.image,
    seed,
  };
  const use = async (topology: Topology) => {
    const record = await runTrial(topology, {
      scenario: scenario.id,
      variant,
      iteration: index,
      seed,
      prng: new Prng(seed),
      armed: options.armed,
      closingPart: options.closingPart,
      baseline: options.baseline,
      onPhase: (phase) => options.reporter.phaseStarted?.(scenario.id, index, variant.name, phase),
    });
    const judged = judge(record, variant);
    const told = toldAs(scenario, variant, index, options);
    const trial = { ...told, ...judged, durationMs: options.wallMs() - startedMs };
    options.reporter.trialFinished?.(scenario.id, index, trial, record);
    const digest = sha256(`[${entriesText(record)},${JSON.stringify(reduceCollected(record.collected))}]`);
    return { value: { trial, digest }, reusable: trial.verdict === 'pass' || trial.verdict === 'inert' };
  };
  try {
    return await options.pool.withStage(stage, use);
  } catch (error) {
    const because = messageOf(error);
    const trial = errorTrial(scenario, variant, index, options, because, options.wallMs() - startedMs);
    return { trial, digest: sha256(because) };
  }
}

/** A trial of which there is no record because the tester or the world failed. */
export function errorTrial(
  scenario: Scenario,
  variant: Variant,
  index: number,
  settings: IterationSettings,
  because: string,
  durationMs: number,
): TrialResult {
  const told = toldAs(scenario, variant, index, settings);
  return { ...told, verdict: 'error', because, deciding: [], findings: [], phasesMs: {}, durationMs };
}

function toldAs(scenario: Scenario, { name }: Variant, index: number, settings: IterationSettings) {
  const { runSeed } = settings;
  return {
    variant: name,
    seed: trialSeed(runSeed, scenario.id, index, name),
    repro: reproLine({ ...settings, id: scenario.id, seed: runSeed, iteration: index, variant: name }),
  };
}

function judge(record: TrialRecord, variant: Variant) {
  const wanted = [...variant.invariants, ...variant.reactions, ...variant.proofs];
  const { verdict, because, deciding, findings } = judgeTrial(judgeRecord(record, wanted), record.entries);
  return { verdict, because, deciding, findings, phasesMs: phasesOf(record) };
}

/** How long each phase took, by the arena's own clock. */
function phasesOf(record: TrialRecord): Record<string, number> {
  const starts = record.entries.filter((entry) => entry.kind === 'phase');
  const endMs = record.entries.at(-1)?.atMs ?? 0;
  return Object.fromEntries(
    starts.map((entry, index): [Phase, number] => [entry.phase, (starts[index + 1]?.atMs ?? endMs) - entry.atMs]),
  );
}
