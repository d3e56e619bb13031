import { availableParallelism, freemem, loadavg } from 'node:os';
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
  /** Stages that a worker may hold at a time. */
  readonly stagesPerWorker: number;
}

/** What the tester's own machine has to offer at the start of a run. */
export interface Host {
  readonly processors: number;
  /** Infinity where the figure means nothing for containers, which have a machine of their own. */
  readonly freeMiB: number;
  /** Processors kept busy by others in the last minute. */
  readonly busyProcessors: number;
}

/**
 * Measured: the 13 containers of two nodes and a tap hold 240 to 310 MiB; a trial keeps an eighth of a processor busy,
 * and opening them costs 3 s of one. The rest of the memory is for large payloads, the rest of the time for the timers.
 */
const stageMiB = 1024;
/** Left to the engine, the tester and the host. */
const reservedMiB = 2048;
const workersPerProcessor = 3;

/**
 * In the simulator a trial keeps one processor busy: as many workers as there are processors. In containers a trial
 * mostly waits, and what it does in between must not make another's timers late.
 */
export function workersFor({ name, facts }: Arena, options: WorkerOptions, host = thisHost()): WorkerCount {
  const { asked, works, stagesPerWorker } = options;
  if (works === 0) return { count: 1, because: 'nothing to run' };
  if (works === 1) return { count: 1, because: 'nothing to run side by side' };
  const atMost = ({ count, because }: WorkerCount): WorkerCount =>
    works < count ? { count: works, because: 'as many as there is work for' } : { count, because };
  if (asked !== null) return atMost({ count: asked, because: 'asked for' });
  if (name === 'simulator') {
    return atMost({ count: host.processors, because: `one for each of ${host.processors} processors` });
  }
  const processors = Number(facts.processors);
  const memoryMiB = Math.min(Number(facts.memoryMiB), host.freeMiB);
  const idle = Math.max(0, processors - Math.round(host.busyProcessors));
  const byProcessors = Math.max(1, idle * workersPerProcessor);
  const byMemory = Math.max(1, Math.floor((memoryMiB - reservedMiB) / (stageMiB * stagesPerWorker)));
  return byMemory < byProcessors
    ? atMost({ count: byMemory, because: `${memoryMiB} MiB of memory are free` })
    : atMost({ count: byProcessors, because: `${idle} of ${processors} processors are idle` });
}

function thisHost(): Host {
  const isEngineHere = process.platform === 'linux';
  return {
    processors: availableParallelism(),
    freeMiB: isEngineHere ? Math.floor(freemem() / 1024 / 1024) : Number.POSITIVE_INFINITY,
    busyProcessors: isEngineHere ? loadavg()[0]! : 0,
  };
}
