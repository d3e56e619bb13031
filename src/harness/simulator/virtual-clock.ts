import type { Clock, Timer } from '../../support/clock.ts';
import { EventQueue } from './event-queue.ts';
import { PromiseTurns } from './promise-turns.ts';

export interface VirtualClockOptions {
  /** What the wall clock shows at the start. */
  readonly startWallMs: number;
  /** More events than this since `restartBudget` end the stage with an error: something runs in circles. */
  readonly eventsMax: number;
}

/** Promise turns without a pause after which a chain of awaits counts as endless. */
const turnsMax = 2_000_000;
/** Turns in which nobody else ran, one after the other, until none is running any more. */
const quietTurns = 2;
const resolved = Promise.resolve();

/** The simulation cannot go on: a deadlock or a loop without end. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}

/**
 * Virtual time of one stage, in whole microseconds, and the pump that moves it.
 *
 * The pump fires one event after the other, and only when no chain of awaits in the process is still running: work of
 * the system or the harness takes no virtual time, and no event can overtake it. Time stands still while the harness
 * waits for nothing of this stage (no timer of `harness`, no `hold`), so that real work between two steps, such as
 * writing a file, cannot shift a trial. A harness that waits for an announcement must therefore set itself a timer.
 */
export class VirtualClock {
  readonly #options: VirtualClockOptions;
  readonly #queue = new EventQueue();
  readonly #turns = PromiseTurns.open();
  /** Callbacks of the harness's timers that have not fired. */
  readonly #harnessTimers = new Set<() => void>();
  /** Rejections of the harness's calls in progress. */
  readonly #holds = new Set<(error: Error) => void>();
  #nowUs = 0;
  #eventCount = 0;
  #eventCountMax: number;
  /** The harness waits for nothing. */
  #isAsleep = false;
  #turnCount = 0;
  #quietTurns = 0;
  #othersSeen = 0;
  #stopped = false;
  #failure: SimulationError | null = null;

  constructor(options: VirtualClockOptions) {
    this.#options = options;
    this.#eventCountMax = options.eventsMax;
    this.#watchTurns();
  }

  /** Milliseconds since the stage was opened, in steps of a microsecond. */
  get nowMs(): number {
    return this.#nowUs / 1000;
  }

  get wallMs(): number {
    return this.#options.startWallMs + this.nowMs;
  }

  /** Events fired since the stage was opened. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Allows `eventsMax` events from now. */
  restartBudget(): void {
    this.#eventCountMax = this.#eventCount + this.#options.eventsMax;
  }

  /**
   * Fires once after `delayMs`; does not make time pass by itself. For the simulated world and the system. Any delay
   * above 0 moves the clock: who waits for the rest of a time must not find it unchanged for ever.
   */
  schedule(delayMs: number, fire: () => void): Timer {
    const delayUs = delayMs > 0 ? Math.max(1, Math.round(delayMs * 1000)) : 0;
    return this.#queue.add(this.#nowUs + delayUs, fire);
  }

  /** The same time for the harness: as long as one of its timers is set, time passes. */
  readonly harness: Clock = {
    wallMs: () => this.wallMs,
    monotonicMs: () => this.nowMs,
    setTimer: (delayMs, fire) => {
      this.#mustRun();
      const fired = () => {
        this.#harnessTimers.delete(fired);
        fire();
      };
      this.#harnessTimers.add(fired);
      const timer = this.schedule(delayMs, fired);
      this.#wakePump();
      return {
        cancel: () => {
          timer.cancel();
          this.#harnessTimers.delete(fired);
        },
      };
    },
  };

  /** A call of the harness in progress: time passes until it settles. Rejects when the simulation cannot go on. */
  hold<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#mustRun();
      this.#holds.add(reject);
      this.#wakePump();
      work().then(
        (value) => {
          this.#holds.delete(reject);
          resolve(value);
        },
        (error: unknown) => {
          this.#holds.delete(reject);
          reject(error);
        },
      );
    });
  }

  /** Ends the pump; waits still open are rejected. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#turns.close();
    this.#releaseAll(new SimulationError('the simulated stage was stopped'));
  }

  /** Watches from now on whether anybody's chain of awaits is still running. */
  #watchTurns(): void {
    this.#turnCount = 0;
    this.#quietTurns = 0;
    this.#othersSeen = this.#turns.others;
    void resolved.then(this.#turn);
  }

  /** One turn of the pump. No async function, because four turns for each event make a tenth of a trial's garbage. */
  readonly #turn = (): void => {
    if (this.#stopped) return;
    this.#turns.own();
    const { others } = this.#turns;
    this.#quietTurns = others === this.#othersSeen ? this.#quietTurns + 1 : 0;
    this.#othersSeen = others;
    this.#turnCount += 1;
    if (this.#turnCount > turnsMax) this.#fail(`a chain of awaits did not end within ${turnsMax} turns`);
    else if (this.#quietTurns < quietTurns) void resolved.then(this.#turn);
    else if (this.#harnessTimers.size === 0 && this.#holds.size === 0) this.#isAsleep = true;
    else if (this.#fireNext()) this.#watchTurns();
  };

  /** False when the simulation cannot go on. */
  #fireNext(): boolean {
    const event = this.#queue.next();
    if (event === null) return this.#fail('deadlock: the harness waits, and nothing is left that could happen');
    this.#eventCount += 1;
    if (this.#eventCount > this.#eventCountMax) {
      return this.#fail(`more than ${this.#options.eventsMax} events in one trial; something runs in circles`);
    }
    this.#nowUs = event.atUs;
    try {
      event.fire();
    } catch (error) {
      return this.#fail('an event failed', error);
    }
    return true;
  }

  #wakePump(): void {
    if (!this.#isAsleep) return;
    this.#isAsleep = false;
    this.#watchTurns();
  }

  #mustRun(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#stopped) throw new SimulationError('the simulated stage was stopped');
  }

  #fail(because: string, cause?: unknown): false {
    const where = `simulator at ${this.nowMs} ms, event ${this.#eventCount}`;
    this.#failure = new SimulationError(`${where}: ${because}`, cause === undefined ? {} : { cause });
    this.#releaseAll(this.#failure);
    return false;
  }

  /** A timer has no way to fail: it fires, and the harness meets the failure at its next call. */
  #releaseAll(error: Error): void {
    for (const reject of [...this.#holds]) reject(error);
    for (const fire of [...this.#harnessTimers]) fire();
  }
}
