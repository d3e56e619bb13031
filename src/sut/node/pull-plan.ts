/** One PULL: everything after `after`, at most `limit` blobs. */
export interface PullPlan {
  readonly after: number;
  readonly limit: number;
}

/** So many requests at most are on their way at once. */
const pullsMax = 15;
/** A held run that costs less than this is pulled again rather than stepped over: one more request costs as much. */
const stepOverBytesMin = 1024;
/** What a blob adds to an answer beside its body. */
const blobOverheadBytes = 150;

/**
 * The next pages between the contiguous cursor and the head, together at most `pageItems` blobs; none when nothing is
 * missing there. They can be asked for at once, and are applied in this order.
 *
 * `held` are the blobs already held beyond the contiguous cursor, ascending: mostly this device's own, whose cursors it
 * learnt from acknowledgements. A page ends before a run of them that would be expensive to fetch again, and at the
 * head.
 */
export function planPulls(
  head: number,
  contiguous: number,
  held: readonly { readonly cursor: number; readonly bytes: number }[],
  pageItems: number,
): readonly PullPlan[] {
  const plans: PullPlan[] = [];
  let after = contiguous;
  let left = pageItems;
  for (const run of expensiveRuns(held)) {
    const missing = Math.min(run.first - 1, head) - after;
    if (missing > left || plans.length === pullsMax) break;
    if (missing > 0) plans.push({ after, limit: missing });
    left -= Math.max(0, missing);
    after = run.last;
  }
  // What lies behind the last of them may be this device's own, on its way back as acknowledgements: that can wait.
  if (plans.length > 0) return plans;
  const limit = Math.min(left, head - after);
  return limit > 0 ? [{ after, limit }] : [];
}

interface Run {
  readonly first: number;
  readonly last: number;
}

/** Unbroken runs of held cursors that cost more to fetch again than a request does. */
function expensiveRuns(held: readonly { readonly cursor: number; readonly bytes: number }[]): readonly Run[] {
  const runs: (Run & { readonly cost: number })[] = [];
  for (const { cursor, bytes } of held) {
    const cost = bytes + blobOverheadBytes;
    const before = runs.at(-1);
    if (before?.last === cursor - 1) runs[runs.length - 1] = { ...before, last: cursor, cost: before.cost + cost };
    else runs.push({ first: cursor, last: cursor, cost });
  }
  return runs.filter(({ cost }) => cost >= stepOverBytesMin);
}
