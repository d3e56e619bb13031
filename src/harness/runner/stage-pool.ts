import type { Arena, StageOptions, Topology } from '../topology/topology.ts';

/** After so many trials a stage is opened anew, so that what piles up in it cannot slow or hide anything. */
const trialsPerStageMax = 25;

interface IdleStage {
  readonly kind: string;
  readonly topology: Topology;
  readonly trials: number;
}

/** How many stages were used, and what opening them took. */
export interface StageFigures {
  readonly opened: number;
  /** Open at one time. */
  readonly most: number;
  readonly openingMs: number;
}

export interface StagePoolOptions {
  /** Open at one time, idle ones included. */
  readonly stagesMax: number;
  readonly wallMs: () => number;
}

/** A stage serves trials of its own kind: the same in all but the seed. */
export function stageKind({ topology, profile, defects, image }: Omit<StageOptions, 'seed'>): string {
  return JSON.stringify([topology, profile, defects, image]);
}

/** Keeps stages between trials: opening one is the largest cost, and a stage proven clean is as good as a new one. */
export class StagePool {
  readonly #arena: Arena;
  readonly #options: StagePoolOptions;
  #idle: IdleStage[] = [];
  #busyCount = 0;
  #figures = { opened: 0, most: 0, openingMs: 0 };

  constructor(arena: Arena, options: StagePoolOptions = { stagesMax: 1, wallMs: () => 0 }) {
    this.#arena = arena;
    this.#options = options;
  }

  get figures(): StageFigures {
    return this.#figures;
  }

  /** Whether a trial of this kind would find a stage. */
  hasIdle(kind: string): boolean {
    return this.#idle.some((stage) => stage.kind === kind);
  }

  /**
   * Runs one trial on a stage of the wanted kind. `use` tells whether the stage may serve again; then it must also
   * prove itself clean.
   */
  async withStage<T>(
    options: StageOptions,
    use: (topology: Topology) => Promise<{ value: T; reusable: boolean }>,
  ): Promise<T> {
    const kind = stageKind(options);
    const found = this.#idle.find((stage) => stage.kind === kind);
    this.#idle = this.#idle.filter((stage) => stage !== found);
    this.#busyCount += 1;
    try {
      const topology = found?.topology ?? (await this.#open(options));
      const trials = (found?.trials ?? 0) + 1;
      let isClean = false;
      try {
        const { value, reusable } = await use(topology);
        isClean = reusable && trials < trialsPerStageMax && (await topology.reset());
        return value;
      } finally {
        if (isClean) this.#idle.push({ kind, topology, trials });
        else await topology.stop();
      }
    } finally {
      this.#busyCount -= 1;
    }
  }

  async close(): Promise<void> {
    for (const { topology } of this.#idle.splice(0)) await topology.stop();
  }

  /** Makes room before opening: idle stages of other kinds hold memory and addresses. */
  async #open(options: StageOptions): Promise<Topology> {
    const { stagesMax, wallMs } = this.#options;
    const startedMs = wallMs();
    while (this.#idle.length > 0 && this.#busyCount + this.#idle.length > stagesMax) {
      await this.#idle.shift()!.topology.stop();
    }
    const most = Math.max(this.#figures.most, this.#busyCount + this.#idle.length);
    this.#figures = { ...this.#figures, opened: this.#figures.opened + 1, most };
    try {
      return await this.#arena.openStage(options);
    } finally {
      this.#figures = { ...this.#figures, openingMs: this.#figures.openingMs + wallMs() - startedMs };
    }
  }
}
