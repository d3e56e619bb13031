/** One PULL: everything after `after`, at most `limit` blobs. */
export interface PullPlan {
  readonly after: number;
  readonly limit: number;
}

/** A held run that costs less than this is pulled again rather than stepped over: one more request costs as much. */
const stepOverBytesMin = 1024;
/** What a blob adds to an answer beside its body. */
const blobOverheadBytes = 150;

/**
 * The next page between the contiguous cursor and the head, or null when nothing is missing there.
 *
 * `held` are the blobs already held beyond the contiguous cursor, ascending: mostly this device's own, whose cursors it
 * learnt from acknowledgements. The page ends before a run of them that would be expensive to fetch again, and at the
 * head: what comes after may be this device's own, on its way back as an acknowledgement.
 */
export function planPull(
  head: number,
  contiguous: number,
  held: readonly { readonly cursor: number; readonly bytes: number }[],
  pageItems: number,
): PullPlan | null {
  if (contiguous >= head) return null;
  const limit = Math.min(pageItems, head - contiguous);
  let runStart = 0;
  let runEnd = 0;
  let runBytes = 0;
  for (const { cursor, bytes } of held) {
    if (cursor !== runEnd + 1) {
      runStart = cursor;
      runBytes = 0;
    }
    runEnd = cursor;
    runBytes += bytes + blobOverheadBytes;
    if (runBytes >= stepOverBytesMin) {
      return { after: contiguous, limit: Math.min(limit, runStart - 1 - contiguous) };
    }
  }
  return { after: contiguous, limit };
}
