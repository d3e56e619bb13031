import { expect, test } from '@jest/globals';
import { TokenBucket } from './rate-limit.ts';

const hundredPerMinute = { capacity: 100, refillPerSecond: 100 / 60 };

function takenOf(bucket: TokenBucket, tries: number, nowMs: number): number {
  let taken = 0;
  for (let index = 0; index < tries; index += 1) if (bucket.take(nowMs)) taken += 1;
  return taken;
}

test('a new bucket lets its capacity through at once and no more', () => {
  expect(takenOf(new TokenBucket(hundredPerMinute, 0), 250, 0)).toBe(100);
});

test('an empty bucket fills at its rate and never beyond its capacity', () => {
  const bucket = new TokenBucket(hundredPerMinute, 0);
  takenOf(bucket, 100, 0);
  expect(takenOf(bucket, 10, 599)).toBe(0);
  expect(takenOf(bucket, 10, 601)).toBe(1);
  expect(takenOf(bucket, 500, 3_600_000)).toBe(100);
});

test('over ten minutes of steady asking exactly the first hundred and the rate pass', () => {
  const bucket = new TokenBucket(hundredPerMinute, 0);
  let taken = 0;
  for (let nowMs = 0; nowMs <= 600_000; nowMs += 100) taken += takenOf(bucket, 1, nowMs);
  expect(taken).toBeGreaterThanOrEqual(1099);
  expect(taken).toBeLessThanOrEqual(1100);
});

test('a clock that goes back gives no tokens, and none twice', () => {
  const bucket = new TokenBucket({ capacity: 1, refillPerSecond: 1 }, 10_000);
  expect(takenOf(bucket, 5, 10_000)).toBe(1);
  expect(takenOf(bucket, 5, 0)).toBe(0);
  expect(takenOf(bucket, 5, 10_500)).toBe(0);
  expect(takenOf(bucket, 5, 11_000)).toBe(1);
});

test('a bucket is full again once everything taken has come back', () => {
  const bucket = new TokenBucket(hundredPerMinute, 0);
  expect(bucket.isFull(0)).toBe(true);
  bucket.take(0);
  expect(bucket.isFull(500)).toBe(false);
  expect(bucket.isFull(700)).toBe(true);
});
