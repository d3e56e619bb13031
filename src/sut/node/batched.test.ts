import { expect, test } from '@jest/globals';
import { Batched } from './batched.ts';

test('what is asked for at once is done in one run, in order, each with its own result', async () => {
  const runs: (readonly number[])[] = [];
  const doubled = new Batched<number, number>(async (items) => {
    runs.push(items);
    return items.map((item) => item * 2);
  });
  const first = Promise.all([1, 2, 3].map((item) => doubled.add(item)));
  const later = first.then(() => Promise.all([4, 5].map((item) => doubled.add(item))));
  expect(await first).toEqual([2, 4, 6]);
  expect(await later).toEqual([8, 10]);
  expect(runs).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
});

test('what comes during a run waits for the next', async () => {
  const runs: (readonly number[])[] = [];
  const batched: Batched<number, number> = new Batched(async (items) => {
    runs.push(items);
    if (runs.length === 1) for (const item of [2, 3]) void batched.add(item);
    await Promise.resolve();
    return items;
  });
  await batched.add(1);
  await batched.add(4);
  expect(runs).toEqual([[1], [2, 3], [4]]);
});

test('a failed run fails its own items only', async () => {
  let runs = 0;
  const batched = new Batched<number, number>(async (items) => {
    runs += 1;
    if (runs === 1) throw new Error('disk');
    return items;
  });
  await expect(Promise.all([batched.add(1), batched.add(2)])).rejects.toThrow('disk');
  expect(await batched.add(3)).toBe(3);
});
