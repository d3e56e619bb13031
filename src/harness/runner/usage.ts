import type { RunUsage } from './results.ts';
import type { StageFigures } from './stage-pool.ts';
import type { PlaceTimes } from './work-queue.ts';

/** Below this share of the workers' time nothing but the work itself bounds a run. */
const shareMin = 0.1;

/** Where the workers' time went, and what a shorter run would have to begin with. */
export function usageOf(
  workers: number,
  times: PlaceTimes,
  stages: StageFigures,
  longest: RunUsage['longest'],
): RunUsage {
  const allMs = times.busyMs + times.aloneMs + times.tailMs;
  const share = (ms: number) => (allMs === 0 ? 0 : ms / allMs);
  const bounds = [
    { what: 'opening-stages', share: share(stages.openingMs) },
    { what: 'running-alone', share: share(times.aloneMs) },
    { what: 'longest-iteration', share: share(times.tailMs) },
  ] as const;
  const largest = bounds.reduce((one, other) => (other.share > one.share ? other : one));
  return {
    workers,
    ...times,
    utilisation: share(times.busyMs),
    stages,
    longest,
    boundBy: largest.share < shareMin ? { what: 'work', share: share(times.busyMs) } : largest,
  };
}
