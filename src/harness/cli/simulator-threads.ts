import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../support/errors.ts';
import { judgeIteration } from '../checkers/verdict.ts';
import { sha256 } from '../evidence/digest.ts';
import type { Elsewhere, Iterate } from '../runner/crew.ts';
import { errorTrial, type IterationSettings } from '../runner/iteration.ts';
import type { PlannedIteration } from '../runner/plan.ts';
import type { IterationResult, Reporter } from '../runner/results.ts';
import type { StageFigures } from '../runner/stage-pool.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './thread-protocol.ts';

/** An iteration whose thread ended is run in another so often. */
const retriesMax = 2;
/**
 * Little outlives the next moment of a simulated trial, and what is looked through at a time fits the processor's near
 * cache: collecting took a quarter less time than with V8's 48 (448 trials of 28 scenarios).
 */
const youngGenerationMb = 12;
/**
 * Simulated trials keep every core busy, so these helpers of V8's collector only take turns with them, and bytes that
 * another thread frees are not at hand for the one that allocates (4 % of 336 iterations on 2 cores). Beside containers
 * they shorten the tester's own pauses, so there they stay.
 */
const collectorHelpers = ['concurrent-array-buffer-sweeping', 'parallel-scavenge'];

/**
 * Threads that run simulated iterations, each whole ones on its own: which thread runs an iteration, and what ran
 * before it there, changes nothing in it. A thread is started when all others have work.
 */
export class SimulatorThreads implements Elsewhere {
  readonly #data: ThreadData;
  #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #busy = new Set<Worker>();
  #figures = { opened: 0, most: 0, openingMs: 0 };

  constructor(data: ThreadData) {
    this.#data = data;
    for (const helper of collectorHelpers) setFlagsFromString(`--no-${helper}`);
  }

  get figures(): StageFigures {
    return this.#figures;
  }

  readonly iterate: Iterate = async (scenario, planned, settings, reporter) => {
    const startedMs = Date.now();
    const errors: string[] = [];
    for (;;) {
      try {
        const iteration = await this.#iterateOnce(scenario, planned, settings, reporter);
        const known = errors.length === 0 ? iteration : { ...iteration, errors: [...errors, ...iteration.errors] };
        reporter.iterationFinished?.(scenario.id, known);
        return known;
      } catch (error) {
        const because = messageOf(error);
        if (errors.length >= retriesMax) {
          const failed = failedIteration(scenario, planned, settings, { because, errors, startedMs });
          reporter.iterationFinished?.(scenario.id, failed);
          return failed;
        }
        errors.push(because);
        reporter.note?.(`${scenario.id} #${planned.index}: error, running it again (${because})`);
      }
    }
  };

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.terminate()));
  }

  async #iterateOnce(
    scenario: Scenario,
    { index, variants }: PlannedIteration,
    settings: IterationSettings,
    reporter: Reporter,
  ): Promise<IterationResult> {
    const thread = this.#idle.pop() ?? this.#start();
    this.#busy.add(thread);
    try {
      const request: ThreadRequest = {
        file: scenario.file,
        index,
        variants: variants.map(({ name }) => name),
        settings,
        records: reporter.trialStored ? 'stored' : reporter.trialFinished ? 'whole' : 'none',
      };
      const { iteration, records, stages, openingMs } = await answerOf(thread, request, (answer) => {
        if (answer.kind === 'started') reporter.iterationStarted?.(scenario.id, index, answer.variant);
        else if (answer.kind === 'phase') reporter.phaseStarted?.(scenario.id, index, answer.variant, answer.phase);
        else if (answer.kind === 'note') reporter.note?.(answer.line);
      });
      iteration.trials.forEach((trial, place) => {
        const record = records[place] ?? null;
        if (typeof record === 'string') reporter.trialStored?.(scenario.id, index, trial, record);
        else if (record !== null) reporter.trialFinished?.(scenario.id, index, trial, record);
      });
      this.#figures = {
        opened: this.#figures.opened + stages,
        most: Math.max(this.#figures.most, this.#busy.size),
        openingMs: this.#figures.openingMs + openingMs,
      };
      this.#idle.push(thread);
      return iteration;
    } finally {
      this.#busy.delete(thread);
    }
  }

  #start(): Worker {
    const thread = new Worker(new URL('simulator-thread.ts', import.meta.url), {
      workerData: this.#data,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    this.#all.add(thread);
    thread.once('exit', () => {
      this.#all.delete(thread);
      this.#idle = this.#idle.filter((idle) => idle !== thread);
    });
    return thread;
  }
}

type Finished = Extract<ThreadAnswer, { kind: 'finished' }>;

/** The last answer to a request; rejects when the thread ends instead. */
function answerOf(thread: Worker, request: ThreadRequest, heard: (answer: ThreadAnswer) => void): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: ThreadAnswer) => {
      if (answer.kind !== 'finished') return heard(answer);
      settle();
      resolve(answer);
    };
    const onError = (error: unknown) => {
      settle();
      void thread.terminate();
      reject(new Error(`a simulator thread failed: ${messageOf(error)}`));
    };
    const onExit = (code: number) => onError(new Error(`it ended with ${code}`));
    const settle = () => {
      thread.off('message', onMessage).off('messageerror', onError).off('error', onError).off('exit', onExit);
    };
    thread.on('message', onMessage).on('messageerror', onError).on('error', onError).on('exit', onExit);
    thread.postMessage(request);
  });
}

/** An iteration that no thread brought to its end. */
function failedIteration(
  scenario: Scenario,
  { index, variants }: PlannedIteration,
  settings: IterationSettings,
  failure: { readonly because: string; readonly errors: readonly string[]; readonly startedMs: number },
): IterationResult {
  const durationMs = Date.now() - failure.startedMs;
  const trials = variants.map((variant) => errorTrial(scenario, variant, index, settings, failure.because, durationMs));
  return {
    index,
    seed: settings.runSeed,
    variant: variants.map(({ name }) => name).join(' + '),
    ...judgeIteration(trials),
    digest: sha256(failure.because),
    startedAt: new Date(failure.startedMs).toISOString(),
    durationMs,
    trials,
    errors: failure.errors,
  };
}
