import type { Timer } from '../../support/clock.ts';
import type { TrialContext } from './trial-context.ts';

const everyMs = 20;

/**
 * Measures how late the tester's own timers come, until the returned function is called; the largest lag goes into the
 * history. Virtual time is never late, so the simulator is not asked.
 */
export function watchLag({ topology, clock, history }: TrialContext): () => void {
  if (topology.arena === 'simulator') return () => {};
  let largestMs = 0;
  let timer: Timer;
  const arm = () => {
    const dueMs = clock.monotonicMs() + everyMs;
    timer = clock.setTimer(everyMs, () => {
      largestMs = Math.max(largestMs, clock.monotonicMs() - dueMs);
      arm();
    });
  };
  arm();
  return () => {
    timer.cancel();
    history.append({ kind: 'lag', timerLagMs: Math.round(largestMs * 10) / 10 });
  };
}
