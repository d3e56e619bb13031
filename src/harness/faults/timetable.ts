import type { Clock } from '../../support/clock.ts';
import type { Heal } from '../topology/topology.ts';

/**
 * What a fault does again and again while it lasts: `step` is called once `firstMs` from now and then after as many
 * milliseconds as it answers, counted from when it was due, until it answers null. The returned function ends that, waits
 * for a step in progress, and passes on the failure of the step that failed, if one did: none is called after it.
 */
export function timetable(clock: Clock, firstMs: number, step: () => Promise<number | null>): Heal {
  let dueMs = clock.monotonicMs() + firstMs;
  let isOver = false;
  const failures: unknown[] = [];
  let inProgress: Promise<void> = Promise.resolve();
  const wait = () => clock.setTimer(Math.max(0, dueMs - clock.monotonicMs()), run);
  const run = () => {
    inProgress = step().then(
      (waitMs) => {
        if (waitMs === null || isOver) return;
        dueMs += waitMs;
        timer = wait();
      },
      (error: unknown) => {
        failures.push(error);
      },
    );
  };
  let timer = wait();
  return async () => {
    isOver = true;
    timer.cancel();
    await inProgress;
    if (failures.length > 0) throw failures[0];
  };
}
