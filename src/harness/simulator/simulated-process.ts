import type { Clock, Timer } from '../../support/clock.ts';
import { messageOf } from '../../support/errors.ts';
import type { ProcessFacts } from '../../sut/io/ports.ts';
import type { ProcessState } from '../topology/topology.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What any process has open: standard streams and what the runtime itself keeps. */
const descriptorsAtStart = 20;
const residentBytesAtStart = 48 * 1024 * 1024;
const residentBytesPerDescriptor = 64 * 1024;

/** Node rounds shorter timers up to this. */
const timerMsMin = 1;

/** What a parent would read: after an exit in order, an error nobody caught, SIGKILL. */
export const exitCodes = { inOrder: 0, uncaught: 1, killed: 137 } as const;

export interface SimulatedProcessOptions {
  /** Such as `relay` or `node-a`. */
  readonly name: string;
  readonly clock: VirtualClock;
  /** The process died of an error nobody caught. */
  readonly died: (because: string) => void;
}

/**
 * One run of a program, from its start to its end; a restart is another one.
 *
 * All that reaches the program (timers, bytes, answers of its database, requests) passes `deliver`: while the process
 * is paused it waits there, and once the process is gone it is dropped. What the program holds open is closed when the
 * process ends, as a kernel would.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly #clock: VirtualClock;
  readonly #died: (because: string) => void;
  /** What releases each thing that is held open, and how many bytes wait in it. */
  readonly #open = new Map<() => void, () => number>();
  readonly #endListeners = new Set<() => void>();
  #state: 'running' | 'paused' | 'gone' = 'running';
  #held: (() => void)[] = [];
  readonly #startedAtMs: number;
  #ended: { readonly endedAtMs: number; readonly exitCode: number } | null = null;

  constructor(options: SimulatedProcessOptions) {
    this.name = options.name;
    this.#clock = options.clock;
    this.#died = options.died;
    this.#startedAtMs = options.clock.wallMs;
  }

  get state(): ProcessState {
    const startedAtMs = this.#startedAtMs;
    if (this.#ended !== null) return { status: 'ended', startedAtMs, ...this.#ended };
    return { status: this.isPaused ? 'paused' : 'running', startedAtMs, endedAtMs: null, exitCode: null };
  }

  get isGone(): boolean {
    return this.#state === 'gone';
  }

  get isPaused(): boolean {
    return this.#state === 'paused';
  }

  /** What `work` throws goes to `failed`; without that the process dies of it. */
  deliver(work: () => void, failed?: (error: unknown) => void): void {
    if (this.#state === 'gone') return;
    if (this.#state === 'paused') {
      this.#held.push(() => this.deliver(work, failed));
      return;
    }
    try {
      work();
    } catch (error) {
      if (failed === undefined) this.die(error);
      else failed(error);
    }
  }

  /** The end of a process that cannot go on: an error nobody caught. */
  die(error: unknown): void {
    if (this.#state === 'gone') return;
    this.end(exitCodes.uncaught);
    this.#died(`uncaught ${error instanceof Error ? error.name : 'error'}: ${messageOf(error)}`);
  }

  /** Runs no code until `resume`; its connections stay open and time goes on. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    for (const work of this.#held.splice(0)) this.#clock.schedule(0, () => this.deliver(work));
  }

  /** SIGKILL, or the end of an exit: from now on the process does nothing and hears of nothing. */
  end(exitCode: number = exitCodes.killed): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#ended = { endedAtMs: this.#clock.wallMs, exitCode };
    this.#held = [];
    for (const release of [...this.#open.keys()]) release();
    this.#open.clear();
    for (const listener of this.#endListeners) listener();
    this.#endListeners.clear();
  }

  /** Calls back when the process is gone; the returned function ends that. */
  onEnd(listener: () => void): () => void {
    this.#endListeners.add(listener);
    return () => void this.#endListeners.delete(listener);
  }

  /**
   * Something the process holds open, one descriptor each; `release` is called if the process ends before `close`.
   * `waitingBytes` is what it keeps in memory for it.
   */
  holds(release: () => void, waitingBytes = () => 0): { close(): void } {
    this.#open.set(release, waitingBytes);
    return { close: () => void this.#open.delete(release) };
  }

  /** The virtual clock as this process sees it. */
  readonly clock: Clock = {
    wallMs: () => this.#clock.wallMs,
    monotonicMs: () => this.#clock.nowMs,
    setTimer: (delayMs, fire): Timer => {
      if (this.#state === 'gone') return { cancel: () => undefined };
      let isSet = true;
      const timer = this.#clock.schedule(Math.max(timerMsMin, delayMs), () =>
        this.deliver(() => {
          if (isSet) fire();
        }),
      );
      return {
        cancel: () => {
          isSet = false;
          timer.cancel();
        },
      };
    },
  };

  readonly facts: ProcessFacts = {
    openDescriptors: () => descriptorsAtStart + this.#open.size,
    residentBytes: () =>
      [...this.#open.values()].reduce(
        (sum, waitingBytes) => sum + residentBytesPerDescriptor + waitingBytes(),
        residentBytesAtStart,
      ),
    openDescriptor: () => this.holds(() => undefined),
  };
}
