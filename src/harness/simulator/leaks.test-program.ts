/** Lets each kind of chance and machine time into a guarded trial and prints what the guard says, as one JSON object. */
import { hkdfSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Guard } from './guard.test-program.ts';

const keptTimer = setTimeout;

const leaks: Readonly<Record<string, () => unknown>> = {
  'the wall clock': () => Date.now(),
  'a new date': () => new Date(),
  'the monotonic clock': () => performance.now(),
  chance: () => Math.random(),
  'random bytes': () => randomBytes(4),
  'a timer': () => setTimeout(() => undefined, 0),
  'a timer from before': () => new Promise<void>((resolve) => keptTimer(resolve, 0)),
  'a microtask': () => queueMicrotask(() => undefined),
  'a file': () => readFile(import.meta.filename),
  'nothing of the kind': async () => hkdfSync('sha256', 'a', 'b', 'c', 32),
};

const said: Record<string, string> = {};
for (const [name, leak] of Object.entries(leaks)) {
  said[name] = await new Guard()
    .during(async () => leak())
    .then(
      () => 'nothing',
      (error: Error) => error.message,
    );
}
process.stdout.write(`${JSON.stringify(said)}\n`);
