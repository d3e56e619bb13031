import { expect, test } from '@jest/globals';
import { Coalesced } from './coalesced.ts';

test('calls during a run make one more run, never two at once', async () => {
  let running = 0;
  let runs = 0;
  const work = new Coalesced(
    async () => {
      running += 1;
      runs += 1;
      expect(running).toBe(1);
      if (runs === 1) for (let call = 0; call < 5; call += 1) work.run();
      await Promise.resolve();
      running -= 1;
    },
    () => undefined,
  );
  work.run();
  await settled();
  expect(runs).toBe(2);
});

test('a failed run is told, and the next call starts anew', async () => {
  const failures: unknown[] = [];
  let runs = 0;
  const work = new Coalesced(
    async () => {
      runs += 1;
      if (runs === 1) throw new Error('first');
    },
    (error) => failures.push(error),
  );
  work.run();
  await settled();
  work.run();
  await settled();
  expect(runs).toBe(2);
  expect(failures).toEqual([new Error('first')]);
});

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
