import { expect, test } from '@jest/globals';
import { lowerBound } from './confidence.ts';

// Of all passed the bound is the n-th root of 0.05; the others were computed apart, with exact fractions.
test.each([
  { passed: 50, total: 50, bound: 0.9418 },
  { passed: 10, total: 10, bound: 0.7411 },
  { passed: 25, total: 25, bound: 0.8871 },
  { passed: 1, total: 1, bound: 0.05 },
  { passed: 9, total: 10, bound: 0.6058 },
  { passed: 49, total: 50, bound: 0.9086 },
  { passed: 5, total: 10, bound: 0.2224 },
  { passed: 1, total: 2, bound: 0.0253 },
  { passed: 0, total: 10, bound: 0 },
])('$passed of $total say at least $bound', ({ passed, total, bound }) => {
  expect(lowerBound(passed, total)).toBeCloseTo(bound, 4);
});

test('50 of 50 reads as 94.2 %', () => {
  expect((100 * lowerBound(50, 50)).toFixed(1)).toBe('94.2');
});

test('large runs stay exact', () => {
  expect(lowerBound(10_000, 10_000)).toBeCloseTo(0.05 ** (1 / 10_000), 8);
  expect(lowerBound(4_990, 5_000)).toBeGreaterThan(0.996);
  expect(lowerBound(4_990, 5_000)).toBeLessThan(0.998);
});

test.each([
  [3, 2],
  [-1, 2],
  [0.5, 2],
])('%p of %p is our own bug', (passed, total) => {
  expect(() => lowerBound(passed, total)).toThrow('assert: 0 <= passed <= total');
});
