import type { Prng } from '../../support/prng.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** One way between the tester and a process, out of band. */
const controlMs = [0.05, 0.15] as const;

/** How a process answered a call: with a value, by throwing, or not at all (within the time, or before it was gone). */
export type CallResult<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'silent'; readonly because: string };

/** The tester's own way to one process, which no fault of the network touches. Both directions keep their order. */
export class ControlPath {
  readonly #clock: VirtualClock;
  readonly #prng: Prng;
  readonly #latestUs = { in: 0, out: 0 };

  constructor(clock: VirtualClock, prng: Prng) {
    this.#clock = clock;
    this.#prng = prng;
  }

  /** Runs `work` inside the process. A paused process lets the caller wait. */
  call<T>(process: SimulatedProcess, work: () => Promise<T>, timeoutMs: number): Promise<CallResult<T>> {
    return this.#clock.hold(
      () =>
        new Promise((resolve) => {
          const settle = (result: CallResult<T>) => {
            timeout.cancel();
            forgetEnd();
            resolve(result);
          };
          const timeout = this.#clock.schedule(timeoutMs, () =>
            settle({ kind: 'silent', because: `no answer within ${timeoutMs} ms` }),
          );
          const forgetEnd = process.onEnd(() =>
            this.#send('out', () => settle({ kind: 'silent', because: 'the process is gone' })),
          );
          const answer = (result: CallResult<T>) => {
            if (!process.isGone) this.#send('out', () => settle(result));
          };
          this.#send('in', () =>
            process.deliver(() => {
              // A call that throws is an answer, not the end of the process.
              Promise.try(work).then(
                (value) => answer({ kind: 'answered', value }),
                (error: unknown) => answer({ kind: 'threw', error }),
              );
            }),
          );
        }),
    );
  }

  /** Something the process announced reaches the tester. */
  tell(work: () => void): void {
    this.#send('out', work);
  }

  #send(direction: 'in' | 'out', work: () => void): void {
    const atMs = this.#clock.nowMs + this.#prng.between(...controlMs);
    const atUs = Math.max(this.#latestUs[direction], Math.round(atMs * 1000));
    this.#latestUs[direction] = atUs;
    this.#clock.schedule(atUs / 1000 - this.#clock.nowMs, work);
  }
}
