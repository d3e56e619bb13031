import { promiseHooks } from 'node:v8';

/**
 * Tells whether any promise reaction ran besides those of the pumps themselves.
 *
 * V8's promise hooks count every reaction of the process. A pump that yields one turn of the microtask queue after
 * another, and sees that nobody else ran in two of them, knows that no chain of awaits anywhere is still running: a
 * running chain always has a reaction in the queue. (Two, because a thenable's job may queue its reaction one turn late.)
 */
export class PromiseTurns {
  static #reactions = 0;
  static #own = 0;
  static #users = 0;
  static #stop: (() => void) | null = null;

  /** Starts counting for one more pump; each call needs its `close`. */
  static open(): PromiseTurns {
    PromiseTurns.#users += 1;
    PromiseTurns.#stop ??= promiseHooks.onBefore(() => {
      PromiseTurns.#reactions += 1;
    }) as () => void;
    return new PromiseTurns();
  }

  /** To be called once after each `await` of a pump, so that its own reaction does not count. */
  own(): void {
    PromiseTurns.#own += 1;
  }

  /** Grows with each reaction that no pump has called its own. */
  get others(): number {
    return PromiseTurns.#reactions - PromiseTurns.#own;
  }

  close(): void {
    PromiseTurns.#users -= 1;
    if (PromiseTurns.#users > 0) return;
    PromiseTurns.#stop?.();
    PromiseTurns.#stop = null;
  }
}
