import { expect, test } from '@jest/globals';
import { acknowledgedCursor, contiguousFrom, gapsUpTo } from './cursor-tracker.ts';

test.each([
  { contiguous: 0, received: [1, 2, 5], after: 2 },
  { contiguous: 2, received: [5, 3, 7], after: 3 },
  { contiguous: 3, received: [5, 7], after: 3 },
  { contiguous: 4, received: [5, 6, 7], after: 7 },
  { contiguous: 9, received: [], after: 9 },
])('after $contiguous with $received received the contiguous cursor is $after', ({ contiguous, received, after }) => {
  expect(contiguousFrom(contiguous, (cursor) => received.includes(cursor))).toBe(after);
});

test.each([
  { contiguous: 2, received: [5], head: 5, gaps: [[3, 4]] },
  {
    contiguous: 0,
    received: [2, 4],
    head: 6,
    gaps: [
      [1, 1],
      [3, 3],
      [5, 6],
    ],
  },
  { contiguous: 6, received: [], head: 6, gaps: [] },
  { contiguous: 6, received: [], head: 3, gaps: [] },
  { contiguous: 0, received: [9], head: 3, gaps: [[1, 3]] },
  { contiguous: 0, received: [1, 2, 3], head: 3, gaps: [] },
])('up to $head after $contiguous with $received there are the gaps $gaps', ({ contiguous, received, head, gaps }) => {
  expect(gapsUpTo(head, contiguous, received).map(({ from, to }) => [from, to])).toEqual(gaps);
});

test.each([
  { contiguous: 7, lowest: null, reported: 7 },
  { contiguous: 7, lowest: 4, reported: 3 },
  { contiguous: 7, lowest: 12, reported: 7 },
  { contiguous: 7, lowest: 1, reported: 0 },
])('contiguous $contiguous with lowest outstanding $lowest reports $reported', ({ contiguous, lowest, reported }) => {
  expect(acknowledgedCursor(contiguous, lowest)).toBe(reported);
});
