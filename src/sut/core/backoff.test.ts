import { expect, test } from '@jest/globals';
import { backoffMs } from './backoff.ts';

const highestDraw = 0xffff_ffff;

test.each([
  { attempt: 1, fromMs: 1000, toMs: 6000 },
  { attempt: 2, fromMs: 2000, toMs: 7000 },
  { attempt: 3, fromMs: 4000, toMs: 9000 },
  { attempt: 4, fromMs: 8000, toMs: 13_000 },
  { attempt: 5, fromMs: 16_000, toMs: 21_000 },
  { attempt: 6, fromMs: 30_000, toMs: 35_000 },
  { attempt: 60, fromMs: 30_000, toMs: 35_000 },
])('attempt $attempt waits $fromMs to $toMs ms', ({ attempt, fromMs, toMs }) => {
  expect(backoffMs(attempt, 0)).toBe(fromMs);
  expect(backoffMs(attempt, highestDraw)).toBe(toMs);
});

test('the jitter is spread over the whole band', () => {
  expect(backoffMs(1, 0x8000_0000)).toBe(3500);
});

test('other bounds move the wait, not the jitter', () => {
  const bounds = { firstMs: 200, maxMs: 500 };
  expect([1, 2, 3].map((attempt) => backoffMs(attempt, 0, bounds))).toEqual([200, 400, 500]);
  expect(backoffMs(3, highestDraw, bounds)).toBe(5500);
});
