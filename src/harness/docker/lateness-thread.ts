/** Tells how late its timers come: at the priority the tester was started with, as late as the system's would come. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { latenessEveryMs, latenessToldMs, type ThreadPriority } from './lateness.ts';

const port = parentPort!;
setPriority((workerData as ThreadPriority).priority); // Of this thread: that of a process is that of its first one.

function arm(): void {
  const dueMs = performance.now() + latenessEveryMs;
  setTimeout(() => {
    const lateMs = performance.now() - dueMs;
    if (lateMs >= latenessToldMs) port.postMessage(lateMs);
    arm();
  }, latenessEveryMs);
}
arm();
