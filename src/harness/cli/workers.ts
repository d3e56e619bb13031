import { availableParallelism } from 'node:os';
import type { Arena } from '../topology/topology.ts';

/** How many iterations run side by side, and why so many. */
export interface WorkerCount {
  readonly count: number;
  readonly because: string;
}

export interface WorkerOptions {
  /** As the user asked; null: by what the host carries. */
  readonly asked: number | null;
  /** Pieces of work there are: more workers than that would have nothing to do. */
  readonly works: number;
  readonly stagesPerWorker: number;
}

/**
 * Measured: the 13 containers of two nodes and a tap hold 240 to 310 MiB and keep a sixth of a processor busy; opening
 * them costs 3 s of a processor. The rest of the memory is for large payloads, the rest of the time for the timers.
 */
const stageMemoryMiB = 1024;
/** Left to the engine, the tester and the host. */
const hostMemoryMiB = 2048;
const workersPerProcessor = 2;

/**
 * In the simulator a trial keeps one processor busy: as many workers as there are processors. In containers a trial
 * mostly waits, and what it does in between must not make another's timers late.
 */
export function workersFor({ name, facts }: Arena, { asked, works, stagesPerWorker }: WorkerOptions): WorkerCount {
  if (works <= 1) return { count: 1, because: 'nothing to run side by side' };
  const enough = (count: number, because: string) =>
    works < count ? { count: works, because: 'one for each piece of work' } : { count, because };
  if (asked !== null) return enough(asked, 'asked for');
  if (name === 'simulator') {
    const count = availableParallelism();
    return enough(count, `one for each of ${count} processors`);
  }
  const [processors, memoryMiB] = [Number(facts.processors), Number(facts.memoryMiB)];
  const byProcessors = Math.max(1, Math.floor(processors * workersPerProcessor));
  const byMemory = Math.max(1, Math.floor((memoryMiB - hostMemoryMiB) / (stageMemoryMiB * stagesPerWorker)));
  return byMemory < byProcessors
    ? enough(byMemory, `${memoryMiB} MiB of memory`)
    : enough(byProcessors, `${processors} processors`);
}
