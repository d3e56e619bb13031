import type { Scenario, Variant } from '../scenario/scenario.ts';
import type { Arena, StageOptions } from '../topology/topology.ts';
import { type IterationSettings, runIteration } from './iteration.ts';
import type { PlannedIteration } from './plan.ts';
import type { IterationResult, Reporter, RunUsage } from './results.ts';
import { type StageFigures, StagePool, stageKind } from './stage-pool.ts';
import { usageOf } from './usage.ts';
import { WorkQueue } from './work-queue.ts';

/** Runs one iteration, wherever that is. */
export type Iterate = (
  scenario: Scenario,
  planned: PlannedIteration,
  settings: IterationSettings,
  reporter: Reporter,
) => Promise<IterationResult>;

/** Threads or processes that run whole iterations, for an arena that keeps a processor busy. */
export interface Elsewhere {
  readonly iterate: Iterate;
  readonly figures: StageFigures;
  close(): Promise<void>;
}

export interface CrewOptions {
  readonly arena: Arena;
  /** Iterations side by side. */
  readonly workers: number;
  /** Null: the iterations run here, on stages of the arena, and mostly wait. */
  readonly elsewhere: Elsewhere | null;
  /** Stages one iteration may keep for the next of its worker: two where a defect runs beside the correct system. */
  readonly stagesPerWorker: number;
  readonly wallMs: () => number;
  /** What an iteration of a scenario took in earlier runs, in milliseconds. */
  readonly pastMs: ReadonlyMap<string, number>;
}

/** Twenty nodes begin at once, shake hands at once and read everything at once, on a machine that they share with others. */
const crowdPlaces = 3;

/** So many trials that need the machine for themselves, among so many iterations, and one worker fewer is left. */
const tooMany = { asks: 3, among: 10 };

/** The workers of a run: hands out places to work, runs iterations on them, and knows where the time went. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #queue: WorkQueue;
  readonly #pool: StagePool;
  #longest: RunUsage['longest'] = null;
  #works = 0;
  #finished = 0;
  /** How many iterations had finished at each of the last requests to run alone. */
  #asks: number[] = [];

  constructor(options: CrewOptions) {
    const { arena, workers, stagesPerWorker, wallMs } = options;
    this.#options = options;
    const pool = new StagePool(arena, { stagesMax: workers * stagesPerWorker, wallMs });
    this.#pool = pool;
    this.#queue = new WorkQueue({ ...options, isReady: (kind) => pool.hasIdle(kind) });
  }

  /** Waits for its turn and does the work, which may run one iteration after another; they begin with this variant. */
  work<T>(
    scenario: Scenario,
    variant: Variant | undefined,
    system: Pick<StageOptions, 'image' | 'defects'>,
    act: (iterate: Iterate) => Promise<T>,
  ): Promise<T> {
    const { arena, wallMs, elsewhere } = this.#options;
    // Virtual time is never late: what else runs cannot disturb it.
    const exclusive = scenario.exclusive && arena.name !== 'simulator';
    const { topology, profile } = variant ?? scenario;
    const kind = stageKind({ topology, profile, ...system });
    // A crowd that only a sweep has never comes here.
    const hasCrowd = scenario.variants.some((one) => one.turn !== 'sweep' && one.topology.startsWith('swarm-'));
    const places = hasCrowd && arena.name !== 'simulator' ? crowdPlaces : 1;
    this.#works += 1;
    return this.#queue.run({ scenario: scenario.id, kind, exclusive, places }, (place) => {
      const here: Iterate = (of, planned, settings, reporter) => {
        const alone = () => {
          this.#makeRoom(reporter);
          return place.alone();
        };
        return runIteration(of, planned, { ...settings, reporter, wallMs, pool: this.#pool, alone });
      };
      const iterate = elsewhere?.iterate ?? here;
      return act(async (...what) => {
        const iteration = await iterate(...what);
        this.#note(scenario.id, iteration);
        return iteration;
      });
    });
  }

  get usage(): RunUsage {
    const { workers, elsewhere } = this.#options;
    const done = { works: this.#works, finished: this.#finished, longest: this.#longest };
    return usageOf(workers, this.#queue.times, elsewhere?.figures ?? this.#pool.figures, done);
  }

  /** Stops the stages. */
  async close(): Promise<void> {
    await Promise.all([this.#options.elsewhere?.close(), this.#pool.close()]);
  }

  /** A trial is to be run again alone: where that is no exception, so many side by side are too many for the machine. */
  #makeRoom(reporter: Reporter): void {
    this.#asks.push(this.#finished);
    if (this.#finished - (this.#asks.at(-tooMany.asks) ?? Number.NEGATIVE_INFINITY) > tooMany.among) return;
    this.#asks = [];
    const left = this.#queue.narrow();
    reporter.note?.(`${left} at a time from now on: too many trials had to be run again alone`);
  }

  #note(scenario: string, { index, durationMs }: IterationResult): void {
    this.#finished += 1;
    this.#queue.took(scenario, durationMs);
    if (durationMs > (this.#longest?.durationMs ?? -1)) this.#longest = { scenario, index, durationMs };
  }
}
