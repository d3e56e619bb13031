import { expect, test } from '@jest/globals';
import { HealthRule } from './health-rule.ts';

test.each([
  { says: 'one slow answer is not enough', answers: [20, 500], degraded: [false, false] },
  { says: 'two in a row are', answers: [20, 500, 500], degraded: [false, false, true] },
  {
    says: 'a fast one in between starts the count again',
    answers: [20, 500, 20, 500],
    degraded: [false, false, false, false],
  },
  { says: 'one fast answer does not clear it', answers: [20, 500, 500, 20], degraded: [false, false, true, true] },
  { says: 'two fast answers do', answers: [20, 500, 500, 20, 20], degraded: [false, false, true, true, false] },
  { says: 'up to 300 ms is never slow', answers: [1, 300, 300], degraded: [false, false, false] },
  {
    says: 'four baselines count where they are more',
    answers: [100, 390, 390, 401, 401],
    degraded: [false, false, false, false, true],
  },
  {
    says: 'a link that is slow from the start is the baseline',
    answers: [1200, 1300, 1250],
    degraded: [false, false, false],
  },
])('$says', ({ answers, degraded }) => {
  const rule = new HealthRule();
  expect(answers.map((roundTripMs) => rule.answered(roundTripMs))).toEqual(degraded);
});
