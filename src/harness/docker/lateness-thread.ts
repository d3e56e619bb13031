/** Tells how late its timers come. It has the usual priority, whatever its parent's: as late as the system's would come. */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { latenessEveryMs, latenessToldMs, usualPriority } from './lateness.ts';

const port = parentPort!;
setPriority(usualPriority); // Of this thread: that of a process is that of its first one.

function arm(): void {
  const dueMs = performance.now() + latenessEveryMs;
  setTimeout(() => {
    const lateMs = performance.now() - dueMs;
    if (lateMs >= latenessToldMs) port.postMessage(lateMs);
    arm();
  }, latenessEveryMs);
}
arm();
