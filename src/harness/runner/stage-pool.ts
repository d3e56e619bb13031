import type { Arena, StageOptions, Topology } from '../topology/topology.ts';

/** After so many trials a stage is opened anew, so that what piles up in it cannot slow or hide anything. */
const trialsPerStageMax = 25;

interface IdleStage {
  readonly kind: string;
  readonly topology: Topology;
  readonly trials: number;
}

/** Keeps stages between trials: opening one is the largest cost, and a stage proven clean is as good as a new one. */
export class StagePool {
  readonly #arena: Arena;
  readonly #idleMax: number;
  #idle: IdleStage[] = [];

  constructor(arena: Arena, idleMax = 1) {
    this.#arena = arena;
    this.#idleMax = idleMax;
  }

  /**
   * Runs one trial on a stage of the wanted kind. `use` tells whether the stage may serve again; then it must also
   * prove itself clean.
   */
  async withStage<T>(
    options: StageOptions,
    use: (topology: Topology) => Promise<{ value: T; reusable: boolean }>,
  ): Promise<T> {
    const { seed: _, ...rest } = options;
    const kind = JSON.stringify(rest);
    const found = this.#idle.find((stage) => stage.kind === kind);
    this.#idle = this.#idle.filter((stage) => stage !== found);
    const topology = found?.topology ?? (await this.#open(options));
    const trials = (found?.trials ?? 0) + 1;
    let isClean = false;
    try {
      const { value, reusable } = await use(topology);
      isClean = reusable && trials < trialsPerStageMax && (await topology.reset());
      return value;
    } finally {
      if (isClean) await this.#keep({ kind, topology, trials });
      else await topology.stop();
    }
  }

  async close(): Promise<void> {
    for (const { topology } of this.#idle.splice(0)) await topology.stop();
  }

  /** Makes room before opening: idle stages of other kinds hold memory and addresses. */
  async #open(options: StageOptions): Promise<Topology> {
    while (this.#idle.length >= this.#idleMax) await this.#idle.shift()!.topology.stop();
    return this.#arena.openStage(options);
  }

  async #keep(stage: IdleStage): Promise<void> {
    this.#idle.push(stage);
    while (this.#idle.length > this.#idleMax) await this.#idle.shift()!.topology.stop();
  }
}
