/** One piece of work, as far as its turn depends on it. */
export interface QueuedWork {
  /** Scenario whose iterations it consists of: what they took is what the next ones are expected to take. */
  readonly scenario: string;
  /** Work of one kind can use each other's stages. */
  readonly kind: string;
  /** Runs with no other at its side. */
  readonly exclusive: boolean;
  /** Places it takes while others run: more than one where it is as much for the machine as several others. */
  readonly places: number;
}

/** Where a piece of work runs. */
export interface Place {
  /** Leaves the place, waits until nothing else is left to run, and goes on alone until the work is over. */
  alone(): Promise<void>;
}

export interface WorkQueueOptions {
  /** Pieces of work side by side. */
  readonly workers: number;
  readonly wallMs: () => number;
  /** What an iteration of a scenario took in earlier runs. */
  readonly pastMs: ReadonlyMap<string, number>;
  /** Whether a stage of this kind is open and idle. */
  readonly isReady: (kind: string) => boolean;
}

/** Work with a ready stage may go before work of up to four times its length: opening a stage has its price, too. */
const stepsForgone = 2;

/** Where the time of all places went, in milliseconds: `busyMs` and the two ways to be idle are all there is. */
export interface PlaceTimes {
  readonly wallMs: number;
  readonly busyMs: number;
  /** Left empty for work that runs alone, while others ended and while it ran, or that waits for several places. */
  readonly aloneMs: number;
  /** Left empty because nothing was left to start. */
  readonly tailMs: number;
}

interface Waiting {
  readonly work: QueuedWork;
  readonly alone: boolean;
  /** Was at work already and goes on alone, when all that needs no such place has begun and ended. */
  readonly isLate: boolean;
  readonly start: () => void;
}

/**
 * Runs pieces of work side by side on `workers` places; with one worker in the order in which they come. With more,
 * what runs alone comes first, because at the start nothing has to end before it; then one of each scenario nobody
 * knows the length of; then the longest, so that none of them is left over for the end, as far as stages serve again;
 * last what has to go on alone, because all places but one stay empty until the others have ended.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #lengths: Lengths;
  readonly #running = new Set<Waiting>();
  #places: number;
  #waiting: Waiting[] = [];
  #isPumping = false;
  #accountedMs: number;
  #times = { wallMs: 0, busyMs: 0, aloneMs: 0, tailMs: 0 };

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#places = options.workers;
    this.#lengths = new Lengths(options.pastMs);
    this.#accountedMs = options.wallMs();
  }

  /** Does the work when its turn has come, and gives back what it gives back. */
  async run<T>(work: QueuedWork, act: (place: Place) => Promise<T>): Promise<T> {
    let held = await this.#enter(work, { alone: work.exclusive, isLate: false });
    const place: Place = {
      alone: async () => {
        if (held.alone) return;
        this.#leave(held);
        held = await this.#enter(work, { alone: true, isLate: true });
      },
    };
    try {
      return await act(place);
    } finally {
      this.#leave(held);
    }
  }

  /** One place fewer from now on, and how many there are; the last one stays. */
  narrow(): number {
    this.#account();
    this.#places = Math.max(1, this.#places - 1);
    return this.#places;
  }

  /** Tells what one iteration of a scenario took. */
  took(scenario: string, ms: number): void {
    this.#lengths.learn(scenario, ms);
  }

  /** Until now. */
  get times(): PlaceTimes {
    this.#account();
    return { ...this.#times };
  }

  #enter(work: QueuedWork, turn: Pick<Waiting, 'alone' | 'isLate'>): Promise<Waiting> {
    return new Promise((resolve) => {
      const entry: Waiting = { work, ...turn, start: () => resolve(entry) };
      this.#account();
      this.#waiting.push(entry);
      this.#pumpSoon();
    });
  }

  #leave(entry: Waiting): void {
    this.#account();
    this.#running.delete(entry);
    this.#pumpSoon();
  }

  /** A turn later, so that the choice is among all that is handed in together. */
  #pumpSoon(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    void Promise.resolve().then(() => {
      this.#isPumping = false;
      for (let next = this.#next(); next !== null; next = this.#next()) this.#start(next);
    });
  }

  #start(entry: Waiting): void {
    this.#account();
    this.#waiting = this.#waiting.filter((waiting) => waiting !== entry);
    this.#running.add(entry);
    this.#lengths.started(entry.work.scenario, this.#accountedMs);
    entry.start();
  }

  get #busyPlaces(): number {
    return [...this.#running].reduce((sum, one) => sum + this.#placesOf(one), 0);
  }

  #placesOf({ work, alone }: Waiting): number {
    return alone ? 1 : Math.min(work.places, this.#places);
  }

  /** What may start now; null: nothing. */
  #next(): Waiting | null {
    const free = this.#places - this.#busyPlaces;
    if (this.#waiting.length === 0 || free <= 0) return null;
    if (this.#options.workers === 1) return this.#waiting[0]!;
    if ([...this.#running].some(({ alone }) => alone)) return null;
    const besides = this.#waiting.filter((waiting) => !waiting.alone);
    const alone =
      this.#waiting.find((waiting) => waiting.alone && !waiting.isLate) ??
      (besides.length === 0 ? this.#waiting[0] : undefined);
    if (alone !== undefined) return this.#running.size === 0 ? alone : null;
    // What is due and finds too little room is waited for: else small work would go before it for ever.
    const best = this.#best(besides);
    return this.#placesOf(best) <= free ? best : null;
  }

  #best(candidates: readonly Waiting[]): Waiting {
    const steps = new Map<Waiting, number>();
    for (const one of candidates) steps.set(one, this.#lengths.stepOf(one.work.scenario, this.#accountedMs));
    const ready = new Set(candidates.map(({ work }) => work.kind).filter(this.#options.isReady));
    const rank = (one: Waiting) => steps.get(one)! + (ready.has(one.work.kind) ? stepsForgone : 0);
    return candidates.reduce((best, one) => {
      const [rankOne, rankBest] = [rank(one), rank(best)];
      return rankOne > rankBest || (rankOne === rankBest && one.work.kind < best.work.kind) ? one : best;
    });
  }

  #account(): void {
    const nowMs = this.#options.wallMs();
    const spentMs = nowMs - this.#accountedMs;
    this.#accountedMs = nowMs;
    // More may still be at work than there are places left.
    const busyPlaces = this.#busyPlaces;
    const idleMs = spentMs * Math.max(0, this.#places - busyPlaces);
    const isForOthers = this.#waiting.length > 0 || [...this.#running].some(({ alone }) => alone);
    this.#times.wallMs += spentMs;
    this.#times.busyMs += spentMs * busyPlaces;
    if (isForOthers) this.#times.aloneMs += idleMs;
    else this.#times.tailMs += idleMs;
  }
}

/** How long an iteration of each scenario is expected to take: from this run, else from earlier ones. */
class Lengths {
  readonly #pastMs: ReadonlyMap<string, number>;
  readonly #known = new Map<string, { sumMs: number; count: number }>();
  readonly #startedMs = new Map<string, number>();

  constructor(pastMs: ReadonlyMap<string, number>) {
    this.#pastMs = pastMs;
  }

  started(scenario: string, nowMs: number): void {
    if (!this.#startedMs.has(scenario)) this.#startedMs.set(scenario, nowMs);
  }

  learn(scenario: string, ms: number): void {
    const { sumMs, count } = this.#known.get(scenario) ?? { sumMs: 0, count: 0 };
    this.#known.set(scenario, { sumMs: sumMs + ms, count: count + 1 });
  }

  /**
   * One more is twice as long. The first of an unknown scenario comes before all; while it runs, its length is at least
   * what it has taken so far.
   */
  stepOf(scenario: string, nowMs: number): number {
    const known = this.#known.get(scenario);
    const ms = known === undefined ? this.#pastMs.get(scenario) : known.sumMs / known.count;
    const startedMs = this.#startedMs.get(scenario);
    if (ms === undefined && startedMs === undefined) return Number.POSITIVE_INFINITY;
    return Math.floor(Math.log2(Math.max(1, ms ?? nowMs - startedMs!)));
  }
}
