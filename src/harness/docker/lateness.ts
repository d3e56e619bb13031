import { getPriority, setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../support/errors.ts';

export const latenessEveryMs = 20;
/** Less is not told. */
export const latenessToldMs = 2;
/** Before everything of usual priority, behind what the kernel itself needs. */
const testerPriority = -11;

/**
 * Lets the tester's own turns come before the containers' work: what it answers to (an announcement, a moment of the
 * protocol) must be answered at once, and it needs little. Where the process may not, nothing changes. Answers the
 * priority it had, which its threads go back to: they, and programs begun later, inherit the new one.
 */
export function preferTester(): number {
  const before = getPriority();
  if (before <= testerPriority) return before;
  try {
    setPriority(testerPriority);
  } catch {
    // Not allowed: threads find the priority that they have already.
  }
  return before;
}

/** What a thread of lower priority than the tester's first one is started with. */
export interface ThreadPriority {
  readonly priority: number;
}

/**
 * A thread that does nothing but wait, at the priority the tester was started with: how late it wakes shows how long the
 * processes of the system may have had to wait for a processor, which the preferred thread of the tester does not feel.
 */
export class Lateness {
  readonly #thread: Worker;
  readonly #hearers = new Set<(lateMs: number) => void>();

  /** `log` is told when the thread ends of itself: from then on only the tester's own timers tell. */
  constructor({ priority, log }: ThreadPriority & { readonly log: (line: string) => void }) {
    const workerData: ThreadPriority = { priority };
    this.#thread = new Worker(new URL('lateness-thread.ts', import.meta.url), { workerData });
    this.#thread.unref();
    this.#thread.on('error', (error) => log(`docker: the thread that waits has ended: ${messageOf(error)}`));
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
