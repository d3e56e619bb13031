import { assert } from '../../support/assert.ts';

/** Halving the interval 60 times goes below the resolution of a double. */
const halvings = 60;

/**
 * One-sided lower bound of a share of which `passed` of `total` trials were seen (Clopper-Pearson, exact): the share
 * at which seeing that many or more would have had the probability 1 - `confidence`. 50 of 50 say at least 94.2 %.
 *
 * Source: Clopper and Pearson, "The use of confidence or fiducial limits" (Biometrika 26, 1934).
 */
export function lowerBound(passed: number, total: number, confidence = 0.95): number {
  assert(
    Number.isInteger(passed) && Number.isInteger(total) && passed >= 0 && passed <= total,
    `0 <= passed <= total, both whole (got ${passed} of ${total})`,
  );
  if (passed === 0) return 0;
  let low = 0;
  let high = 1;
  for (let round = 0; round < halvings; round += 1) {
    const middle = (low + high) / 2;
    if (atLeast(passed, total, middle) > 1 - confidence) high = middle;
    else low = middle;
  }
  return low;
}

/** The probability of `passed` or more of `total` when each passes with probability `share`. */
function atLeast(passed: number, total: number, share: number): number {
  let sum = 0;
  let logChoose = 0;
  // From all passed downwards: C(n, n) = 1, then each binomial coefficient from the one before.
  for (let count = total; count >= passed; count -= 1) {
    sum += Math.exp(logChoose + count * Math.log(share) + (total - count) * Math.log1p(-share));
    logChoose += Math.log(count) - Math.log(total - count + 1);
  }
  return sum;
}
