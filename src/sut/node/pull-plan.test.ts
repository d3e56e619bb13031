import { expect, test } from '@jest/globals';
import { planPulls } from './pull-plan.ts';

const large = (cursor: number) => ({ cursor, bytes: 2000 });
const small = (cursor: number) => ({ cursor, bytes: 10 });

test.each([
  { says: 'nothing is missing', head: 7, contiguous: 7, held: [], plans: [] },
  { says: 'the head is behind', head: 3, contiguous: 7, held: [], plans: [] },
  { says: 'a whole page', head: 500, contiguous: 7, held: [], plans: [{ after: 7, limit: 100 }] },
  { says: 'up to the head', head: 12, contiguous: 7, held: [], plans: [{ after: 7, limit: 5 }] },
  {
    says: 'between large own blobs, and not yet behind the last',
    head: 20,
    contiguous: 7,
    held: [large(10), large(15)],
    plans: [
      { after: 7, limit: 2 },
      { after: 10, limit: 4 },
    ],
  },
  { says: 'over a small own blob', head: 20, contiguous: 7, held: [small(10)], plans: [{ after: 7, limit: 13 }] },
  {
    says: 'over single small ones, up to a run that sums up',
    head: 60,
    contiguous: 7,
    held: [small(9), small(12), ...[20, 21, 22, 23, 24, 25, 26, 27].map(small)],
    plans: [{ after: 7, limit: 12 }],
  },
  {
    says: 'nothing between two own blobs that follow each other, nor after the last',
    head: 12,
    contiguous: 7,
    held: [large(10), large(11), large(12)],
    plans: [{ after: 7, limit: 2 }],
  },
  {
    says: 'nothing before an own blob that comes next',
    head: 12,
    contiguous: 7,
    held: [large(8)],
    plans: [{ after: 8, limit: 4 }],
  },
  { says: 'never more than a page', head: 900, contiguous: 7, held: [large(800)], plans: [{ after: 7, limit: 100 }] },
  {
    says: 'never more than a page in all',
    head: 900,
    contiguous: 0,
    held: [large(61), large(99), large(120)],
    plans: [
      { after: 0, limit: 60 },
      { after: 61, limit: 37 },
    ],
  },
  { says: 'nothing beyond the head', head: 9, contiguous: 7, held: [large(12)], plans: [{ after: 7, limit: 2 }] },
])('$says', ({ head, contiguous, held, plans }) => {
  expect(planPulls(head, contiguous, held, 100)).toEqual(plans);
});

test('at most fifteen requests at once', () => {
  const held = Array.from({ length: 40 }, (_, index) => large(2 * index + 2));
  const plans = planPulls(100, 0, held, 100);
  expect(plans).toHaveLength(15);
  expect(plans.slice(0, 2)).toEqual([
    { after: 0, limit: 1 },
    { after: 2, limit: 1 },
  ]);
});
