import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Prng } from '../../support/prng.ts';
import { lowerBound } from '../checkers/confidence.ts';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import type {
  IterationResult,
  KillRow,
  Reporter,
  RunResult,
  RunUsage,
  RunVerdict,
  ScenarioResult,
} from '../runner/results.ts';
import type { RunRequest } from '../runner/run-request.ts';
import type { AboutRun, CatalogueEntry } from './history-file.ts';
import { type SampleTrialPlan, sampleTrial } from './sample-trial.test-support.ts';
import { worstVerdict } from './wording.ts';

/** A made-up run for the tests of the reporters: the same for the same options. */
export interface SampleRunOptions {
  /** Of S-CONC-01; the other scenarios have theirs. */
  readonly iterations?: number;
  readonly disarmed?: boolean;
  /** Planted in the system. */
  readonly defects?: readonly string[];
  readonly killMatrix?: boolean;
  /** The run ends after so many iterations, as if it had been killed. */
  readonly killedAfter?: number;
}

export const sampleSeed = '0x5eed';
export const sampleAbout: AboutRun = {
  version: '0.1.0',
  system: { name: 'reference', version: '0.1.0' },
  startedAt: '2026-11-21T10:15:00.000Z',
};

/** The rows of the real catalogue, of which three are built. */
export function sampleCatalogue(): CatalogueEntry[] {
  const text = readFileSync(join(import.meta.dirname, '../../../scenarios/catalogue.yml'), 'utf8');
  return [...text.matchAll(/id: (\S+), name: ([^,]+),/g)].map(([, id, name]) => ({
    id: id!,
    name: name!,
    built: scenarios.some((scenario) => scenario.id === id),
  }));
}

interface SampleScenario {
  readonly id: string;
  readonly name: string;
  readonly why: string;
  readonly topology: string;
  readonly iterations: number;
  readonly mode: 'each' | 'rotate';
  readonly variants: readonly string[];
  /** By iteration and variant; all others pass. */
  readonly troubles: Readonly<Record<string, SampleTrialPlan['trouble']>>;
}

const scenarios: readonly SampleScenario[] = [
  {
    id: 'S-CONC-01',
    name: 'simultaneous-push',
    why: 'Two nodes that push at the same instant lose nothing, store nothing twice and see each author’s own order.',
    topology: 'pair',
    iterations: 25,
    mode: 'rotate',
    variants: ['first-blob', 'seeded'],
    troubles: { '7/seeded': 'lost-item' },
  },
  {
    id: 'E-HS-01',
    name: 'first-message-cut-and-kem-bit-flip',
    why: 'A disturbed handshake leaves nothing behind on either side, and the next one works with fresh keys.',
    topology: 'mitm',
    iterations: 12,
    mode: 'each',
    variants: ['cut-after-m1', 'flip-kem-ct'],
    troubles: { '4/flip-kem-ct': 'no-reaction', '9/cut-after-m1': 'engine-down' },
  },
  {
    id: 'T-LOSS-02',
    name: 'heavy-random-loss',
    why: 'Under heavy loss every push is delivered or fails in a way that can be retried, and is delivered after it.',
    topology: 'pair',
    iterations: 10,
    mode: 'each',
    variants: ['p10', 'p20'],
    troubles: { '2/p10': 'no-proof' },
  },
];

/** Tells a reporter the whole run, as the runner would, and gives back its result. */
export async function playSampleRun(
  reporter: Reporter,
  folder: string | null,
  options: SampleRunOptions = {},
): Promise<RunResult> {
  const planned = scenarios.map((scenario) =>
    scenario.id === 'S-CONC-01' ? { ...scenario, iterations: options.iterations ?? scenario.iterations } : scenario,
  );
  const start = {
    run: '20261121-101500-3fa9',
    arena: 'simulator',
    arenaBecause: 'no container engine answers; the verdicts that count come from containers',
    seed: sampleSeed,
    workers: '2 (2 processors)',
    request: requestOf(options),
    process: { host: 'laptop', pid: 4711 },
    resumed: null,
    folder,
  } as const;
  reporter.runStarted?.({
    ...start,
    scenarios: planned.map(({ id, iterations }) => ({ id, iterations, notRun: [] })),
  });
  let left = options.killedAfter ?? Number.POSITIVE_INFINITY;
  const results: ScenarioResult[] = [];
  for (const scenario of planned) {
    const iterations: IterationResult[] = [];
    for (let index = 0; index < scenario.iterations && left > 0; index += 1, left -= 1) {
      iterations.push(playIteration(reporter, scenario, index, options.disarmed ?? false));
    }
    if (left <= 0) break;
    const result = scenarioResult(scenario, iterations);
    reporter.scenarioFinished?.(result);
    results.push(result);
  }
  const spentMs = results.flatMap(({ iterations }) => iterations).map(({ durationMs }) => durationMs);
  const result: RunResult = {
    ...sampleAbout,
    ...start,
    disarmed: options.disarmed ?? false,
    defects: options.defects ?? [],
    durationMs: spentMs.reduce((sum, ms) => sum + ms, 0),
    facts: {
      clock: 'virtual, moves only when no promise is pending',
      network: 'byte-stream links, loss as retransmission stalls',
      storage: { engine: 'node:sqlite', journal: 'wal', synchronous: 'FULL' },
      cannot: ['kernel TCP under real loss', 'native file locks'],
    },
    partial: true,
    scenarios: [...results, notBuilt],
    killMatrix: options.killMatrix === false ? null : sampleKillMatrix,
    baseline: cleanNetwork,
    usage: sampleUsage,
  };
  if (options.killedAfter === undefined) await reporter.runFinished?.(result);
  return result;
}

/** Of a request only what a report tells of it; none where nothing was made wrong on purpose, as for a proof. */
function requestOf({ disarmed = false, defects = [] }: SampleRunOptions): RunRequest | null {
  if (!disarmed && defects.length === 0) return null;
  return {
    settings: {
      arena: 'simulator',
      runSeed: sampleSeed,
      image: 'test',
      defects,
      armed: !disarmed,
      closingPart: false,
      stopAfterRed: null,
    },
    failFast: false,
    keepEvidence: false,
    basis: { version: sampleAbout.version, sources: '', system: { ...sampleAbout.system, digest: '' } },
    shard: null,
    scenarios: [],
    notBuilt: [],
  };
}

const sampleUsage: RunUsage = {
  workers: 2,
  wallMs: 60_000,
  busyMs: 114_000,
  aloneMs: 0,
  tailMs: 6_000,
  utilisation: 0.95,
  stages: { opened: 74, most: 2, openingMs: 140 },
  longest: { scenario: 'S-CONC-01', index: 7, durationMs: 2_100 },
  boundBy: { what: 'work', share: 0.95 },
};

const notBuilt: ScenarioResult = {
  id: 'T-LAT-01',
  name: 'fixed-latency',
  why: '',
  topology: 'pair',
  verdict: 'not-run',
  because: 'in the catalogue, not built yet',
  passed: 0,
  total: 0,
  lowerBound: null,
  notRun: [],
  iterations: [],
};

function playIteration(
  reporter: Reporter,
  scenario: SampleScenario,
  index: number,
  disarmed: boolean,
): IterationResult {
  const variants =
    scenario.mode === 'each' ? scenario.variants : [scenario.variants[index % scenario.variants.length]!];
  reporter.iterationStarted?.(scenario.id, index, variants.join(' + '));
  const trials = variants.map((variant) => {
    const trouble = disarmed ? 'no-proof' : (scenario.troubles[`${index}/${variant}`] ?? null);
    const { trial, record } = sampleTrial({
      scenario: scenario.id,
      variant,
      iteration: index,
      runSeed: sampleSeed,
      trouble,
      disarmed,
      prng: new Prng(`${sampleSeed}/${scenario.id}/${index}/${variant}`),
    });
    for (const entry of record?.entries ?? []) {
      if (entry.kind === 'phase') reporter.phaseStarted?.(scenario.id, index, variant, entry.phase);
    }
    if (record !== null) reporter.trialFinished?.(scenario.id, index, trial, record);
    return trial;
  });
  const verdict = worstVerdict(trials.map((trial) => trial.verdict));
  const deciding = trials.filter((trial) => trial.verdict === verdict);
  const iteration: IterationResult = {
    index,
    seed: sampleSeed,
    variant: variants.join(' + '),
    verdict,
    because:
      verdict === 'pass'
        ? `${trials.length} of ${trials.length} trials passed`
        : deciding.map((trial) => `${trial.variant}: ${trial.because}`).join('; '),
    digest: Buffer.from(new Prng(`digest/${scenario.id}/${index}`).bytes(32)).toString('hex'),
    startedAt: new Date(Date.parse(sampleAbout.startedAt) + index * 40_000).toISOString(),
    durationMs: trials.reduce((sum, trial) => sum + trial.durationMs, 0),
    trials,
    errors: verdict === 'error' ? ['cut-after-m1: the engine did not answer within 10000 ms'] : [],
  };
  reporter.iterationFinished?.(scenario.id, iteration);
  return iteration;
}

function scenarioResult(scenario: SampleScenario, iterations: readonly IterationResult[]): ScenarioResult {
  const passed = iterations.filter(({ verdict }) => verdict === 'pass').length;
  const verdict: RunVerdict = worstVerdict(iterations.map((iteration) => iteration.verdict));
  const first = iterations.find((iteration) => iteration.verdict === verdict);
  const total = iterations.length;
  return {
    id: scenario.id,
    name: scenario.name,
    why: scenario.why,
    topology: scenario.topology,
    verdict,
    because: verdict === 'pass' ? `${passed} of ${total} iterations passed` : `1 of ${total}: ${first!.because}`,
    passed,
    total,
    lowerBound: lowerBound(passed, total),
    notRun: scenario.id === 'T-LOSS-02' ? [{ variant: 'netem', because: 'the simulator has no netem' }] : [],
    iterations,
  };
}

const caughtRow = { arena: 'simulator', caught: 1, iterations: 1, soundPassed: 1, verdict: 'caught' } as const;

export const sampleKillMatrix: readonly KillRow[] = [
  {
    ...caughtRow,
    defect: 'cursor-in-two-statements',
    scenario: 'S-CONC-01',
    expected: 'distinct-cursors',
    redChecks: { 'distinct-cursors': 1, 'no-data-loss': 1 },
    because: 'distinct-cursors turned 1 of 1 red',
  },
  {
    ...caughtRow,
    defect: 'ephemeral-reused',
    scenario: 'E-HS-01',
    expected: 'fresh-ephemerals',
    redChecks: { 'fresh-ephemerals': 1 },
    because: 'fresh-ephemerals turned 1 of 1 red',
  },
  {
    ...caughtRow,
    defect: 'pending-handshake-kept',
    scenario: 'E-HS-01',
    expected: 'health',
    caught: 0,
    iterations: 3,
    soundPassed: 3,
    redChecks: { 'pending-handshakes-gone': 3 },
    verdict: 'missed',
    because: 'cut-after-m1: fail, a reaction did not come',
  },
  {
    ...caughtRow,
    defect: 'retry-refused-for-ever',
    scenario: 'T-LOSS-02',
    expected: 'no-data-loss',
    caught: 0,
    iterations: 0,
    soundPassed: 0,
    redChecks: {},
    verdict: 'not-run',
    because: 'needs kernel loss, which the simulator only models',
  },
];
