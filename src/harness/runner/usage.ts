import type { RunBound, RunUsage } from './results.ts';
import type { StageFigures } from './stage-pool.ts';
import type { PlaceTimes } from './work-queue.ts';

/** Below this share of the workers' time nothing but the work itself bounds a run. */
const shareMin = 0.1;

/** What the workers had to do, and did. */
export interface WorkDone {
  /** Pieces of work that were handed in: of a run iterations, of a proof planted defects. */
  readonly works: number;
  /** Iterations that finished. */
  readonly finished: number;
  readonly longest: RunUsage['longest'];
}

/** Where the workers' time went, and what a shorter run would have to begin with. */
export function usageOf(workers: number, times: PlaceTimes, stages: StageFigures, done: WorkDone): RunUsage {
  const allMs = times.busyMs + times.aloneMs + times.tailMs;
  const share = (ms: number) => (allMs === 0 ? 0 : ms / allMs);
  const bounds = [
    { what: 'opening-stages', share: share(stages.openingMs) },
    { what: 'running-alone', share: share(times.aloneMs) },
    { what: 'longest-iteration', share: share(times.tailMs) },
  ] as const;
  const largest = bounds.reduce((one, other) => (other.share > one.share ? other : one));
  const what = boundOf(workers, largest.share < shareMin ? 'work' : largest.what, done);
  return {
    workers,
    ...times,
    utilisation: share(times.busyMs),
    stages,
    longest: done.longest,
    boundBy: { what, share: bounds.find((bound) => bound.what === what)?.share ?? share(times.busyMs) },
  };
}

/** Where there is little to do, the shares alone would advise more workers that nothing is left for. */
function boundOf(workers: number, byShare: RunBound, { works, finished }: WorkDone): RunBound {
  if (finished === 0) return 'nothing';
  if (works === 1 && finished === 1 && byShare !== 'opening-stages') return 'one-iteration';
  return byShare === 'work' && works <= workers ? 'no-more-work' : byShare;
}
