import type { Timer } from '../../support/clock.ts';
import type { TrialContext } from './trial-context.ts';

const everyMs = 20;

/**
 * Measures how late timers come, the tester's own and those of a thread that waits as the system's processes do, until
 * the returned function is called; the largest lag goes into the history. Virtual time is never late, so the simulator is
 * not asked.
 */
export function watchLag({ topology, clock, history }: TrialContext): () => void {
  if (topology.arena === 'simulator') return () => {};
  let largestMs = 0;
  const late = (lateMs: number) => {
    largestMs = Math.max(largestMs, lateMs);
  };
  let timer: Timer;
  const arm = () => {
    const dueMs = clock.monotonicMs() + everyMs;
    timer = clock.setTimer(everyMs, () => {
      late(clock.monotonicMs() - dueMs);
      arm();
    });
  };
  arm();
  const endHearing = topology.hearLateness?.(late);
  return () => {
    endHearing?.();
    timer.cancel();
    history.append({ kind: 'lag', timerLagMs: Math.round(largestMs * 10) / 10 });
  };
}
