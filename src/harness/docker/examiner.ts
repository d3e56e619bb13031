import { Worker } from 'node:worker_threads';
import { messageOf } from '../../support/errors.ts';
import type { Examined, Remains } from './examine.ts';
import type { ThreadPriority } from './lateness.ts';

export interface ExaminerRequest {
  readonly id: number;
  readonly remains: Remains;
}

export type ExaminerAnswer =
  | { readonly id: number; readonly examined: Examined }
  | { readonly id: number; readonly failed: string };

/** A thread that examines evidence, so that the trials at its side are answered to meanwhile. */
export class Examiner {
  readonly #workerData: ThreadPriority;
  #thread: Worker | null = null;
  #asked = 0;
  readonly #waiting = new Map<number, PromiseWithResolvers<Examined>>();

  constructor(workerData: ThreadPriority) {
    this.#workerData = workerData;
  }

  /** Rejects when the examination fails, or its thread ends; the next call starts another. */
  examine(remains: Remains): Promise<Examined> {
    this.#thread ??= this.#start();
    const id = this.#asked++;
    this.#thread.postMessage({ id, remains } satisfies ExaminerRequest);
    const waiting = Promise.withResolvers<Examined>();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(new URL('examiner-thread.ts', import.meta.url), {
      workerData: this.#workerData,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    thread.unref(); // Whoever waits for an answer has streams of the engine open.
    thread.on('message', (answer: ExaminerAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('examined' in answer) waiting?.resolve(answer.examined);
      else waiting?.reject(new Error(`examining the evidence: ${answer.failed}`));
    });
    const ended = (why: string) => {
      if (this.#thread !== thread) return; // Said already.
      this.#thread = null;
      const lost = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of lost) reject(new Error(`examining the evidence: the thread ended (${why})`));
    };
    thread.on('error', (error) => ended(messageOf(error)));
    thread.on('exit', (code) => ended(`exit code ${code}`));
    return thread;
  }
}
