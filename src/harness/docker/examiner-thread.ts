/** Examines what trials left behind, one after another, at the priority the tester was started with. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../support/errors.ts';
import { examine } from './examine.ts';
import type { ExaminerAnswer, ExaminerRequest } from './examiner.ts';
import type { ThreadPriority } from './lateness.ts';

const port = parentPort!;
setPriority((workerData as ThreadPriority).priority); // Of this thread: that of a process is that of its first one.

let last = Promise.resolve();
port.on('message', ({ id, remains }: ExaminerRequest) => {
  const answer = (what: ExaminerAnswer) => port.postMessage(what);
  last = last
    .then(() => examine(remains))
    .then(
      (examined) => answer({ id, examined }),
      (error: unknown) => answer({ id, failed: messageOf(error) }),
    );
});
