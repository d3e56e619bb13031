import { expect, test } from '@jest/globals';
import { planPull } from './pull-plan.ts';

const large = (cursor: number) => ({ cursor, bytes: 2000 });
const small = (cursor: number) => ({ cursor, bytes: 10 });

test.each([
  { says: 'nothing is missing', head: 7, contiguous: 7, held: [], plan: null },
  { says: 'the head is behind', head: 3, contiguous: 7, held: [], plan: null },
  { says: 'a whole page', head: 500, contiguous: 7, held: [], plan: { after: 7, limit: 100 } },
  { says: 'up to the head', head: 12, contiguous: 7, held: [], plan: { after: 7, limit: 5 } },
  { says: 'up to a large own blob', head: 20, contiguous: 7, held: [large(10)], plan: { after: 7, limit: 2 } },
  { says: 'over a small own blob', head: 20, contiguous: 7, held: [small(10)], plan: { after: 7, limit: 13 } },
  {
    says: 'over single small ones, up to a run that sums up',
    head: 60,
    contiguous: 7,
    held: [small(9), small(12), ...[20, 21, 22, 23, 24, 25, 26, 27].map(small)],
    plan: { after: 7, limit: 12 },
  },
  { says: 'never more than a page', head: 900, contiguous: 7, held: [large(800)], plan: { after: 7, limit: 100 } },
])('$says', ({ head, contiguous, held, plan }) => {
  expect(planPull(head, contiguous, held, 100)).toEqual(plan);
});
