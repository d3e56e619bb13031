import { messageOf } from '../../support/errors.ts';
import { Prng } from '../../support/prng.ts';
import { judgeRecord } from '../checkers/judge.ts';
import { judgeIteration, judgeTrial } from '../checkers/verdict.ts';
import { sha256 } from '../evidence/digest.ts';
import type { Phase } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Scenario, Variant } from '../scenario/scenario.ts';
import type { ArenaName, StageOptions, Topology } from '../topology/topology.ts';
import type { PlannedIteration } from './plan.ts';
import { reproLine } from './repro.ts';
import type { IterationResult, Reporter, TrialResult } from './results.ts';
import type { StagePool } from './stage-pool.ts';
import { runTrial } from './trial.ts';

export interface IterationOptions {
  readonly pool: StagePool;
  readonly arena: ArenaName;
  readonly runSeed: string;
  readonly image: StageOptions['image'];
  readonly defects: readonly string[];
  readonly armed: boolean;
  readonly closingPart: boolean;
  /** Folder of the system as the user typed it; left out for the reference. */
  readonly system?: string;
  /** Folder of the scenarios as the user typed it; left out for the project's own. */
  readonly scenarios?: string;
  readonly reporter: Reporter;
  readonly wallMs: () => number;
  /** After a trial with this verdict the rest of the iteration is not run; null: always go on. */
  readonly stopAfter: ((trial: TrialResult) => boolean) | null;
}

/** A trial that ended in `error` is run again so often; a failure never is. */
const errorRetriesMax = 2;

/** Everything a trial draws follows from this; variants and iterations do not disturb each other. */
export function trialSeed(runSeed: string, scenario: string, iteration: number, variant: string): string {
  return `${runSeed}/${scenario}/${iteration}/${variant}`;
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
    if (options.stopAfter?.(trial)) break;
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
    options.reporter.note?.(`${scenario.id} ${variant.name}: error, running it again (${trial.because})`);
  }
}

async function runOneTrial(scenario: Scenario, variant: Variant, index: number, options: IterationOptions) {
  const seed = trialSeed(options.runSeed, scenario.id, index, variant.name);
  const startedMs = options.wallMs();
  const repro = reproLine({
    ...options,
    id: scenario.id,
    seed: options.runSeed,
    iteration: index,
    variant: variant.name,
  });
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
      onPhase: (phase) => options.reporter.phaseStarted?.(scenario.id, index, variant.name, phase),
    });
    const trial = judge(record, variant, seed, repro, options.wallMs() - startedMs);
    options.reporter.trialFinished?.(scenario.id, index, trial, record);
    const digest = sha256(JSON.stringify([record.entries, record.collected]));
    return { value: { trial, digest }, reusable: trial.verdict === 'pass' || trial.verdict === 'inert' };
  };
  try {
    return await options.pool.withStage(stage, use);
  } catch (error) {
    const because = messageOf(error);
    const trial: TrialResult = {
      variant: variant.name,
      verdict: 'error',
      because,
      deciding: [],
      findings: [],
      seed,
      repro,
      phasesMs: {},
      durationMs: options.wallMs() - startedMs,
    };
    return { trial, digest: sha256(because) };
  }
}

function judge(record: TrialRecord, variant: Variant, seed: string, repro: string, durationMs: number): TrialResult {
  const wanted = [...variant.invariants, ...variant.reactions, ...variant.proofs];
  const { verdict, because, deciding, findings } = judgeTrial(judgeRecord(record, wanted), record.entries);
  return {
    variant: variant.name,
    verdict,
    because,
    deciding,
    findings,
    seed,
    repro,
    phasesMs: phasesOf(record),
    durationMs,
  };
}

/** How long each phase took, by the arena's own clock. */
function phasesOf(record: TrialRecord): Record<string, number> {
  const starts = record.entries.filter((entry) => entry.kind === 'phase');
  const endMs = record.entries.at(-1)?.atMs ?? 0;
  return Object.fromEntries(
    starts.map((entry, index): [Phase, number] => [entry.phase, (starts[index + 1]?.atMs ?? endMs) - entry.atMs]),
  );
}
