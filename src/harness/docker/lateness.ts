import { getPriority, setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';

export const latenessEveryMs = 20;
/** Less is not told. */
export const latenessToldMs = 2;
export const usualPriority = 0;
/** Before everything of usual priority, behind what the kernel itself needs. */
const testerPriority = -11;

/**
 * Lets the tester's own turns come before the containers' work: what it answers to (an announcement, a moment of the
 * protocol) must be answered at once, and it needs little. False where the process may not; then nothing changes. Threads
 * begun later, and programs, inherit it.
 */
export function preferTester(): boolean {
  try {
    if (getPriority() > testerPriority) setPriority(testerPriority);
    return true;
  } catch {
    return false;
  }
}

/**
 * A thread that does nothing but wait, at the usual priority: how late it wakes shows how long the processes of the
 * system may have had to wait for a processor, which the preferred thread of the tester does not feel.
 */
export class Lateness {
  readonly #thread = new Worker(new URL('lateness-thread.ts', import.meta.url));
  readonly #hearers = new Set<(lateMs: number) => void>();

  constructor() {
    this.#thread.unref();
    this.#thread.on('message', (lateMs: number) => {
      for (const hear of this.#hearers) hear(lateMs);
    });
  }

  /** `heard` is told of each timer that came late, in milliseconds; returns what ends that. */
  hear(heard: (lateMs: number) => void): () => void {
    this.#hearers.add(heard);
    return () => this.#hearers.delete(heard);
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }
}
