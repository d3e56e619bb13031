/**
 * Which of a group's cursors a node has behind it.
 *
 * Everything up to the *contiguous* cursor was received or explained; beyond it single cursors may be received already,
 * with gaps between. A cursor somebody names (an acknowledgement, a NOTIFY, a WELCOME) says what exists, never what
 * was received.
 */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** The contiguous cursor once it has run over everything that was received right after it. */
export function contiguousFrom(contiguous: number, isReceived: (cursor: number) => boolean): number {
  let last = contiguous;
  while (isReceived(last + 1)) last += 1;
  return last;
}

/** The gaps up to and with `head`; `received` holds cursors beyond the contiguous one, ascending. */
export function gapsUpTo(head: number, contiguous: number, received: Iterable<number>): Gap[] {
  const gaps: Gap[] = [];
  let next = contiguous + 1;
  for (const cursor of received) {
    if (cursor > head) break;
    if (cursor > next) gaps.push({ from: next, to: cursor - 1 });
    next = cursor + 1;
  }
  if (next <= head) gaps.push({ from: next, to: head });
  return gaps;
}

/** What a node may report as acknowledged: nothing from the lowest cursor on that it still has to ask for. */
export function acknowledgedCursor(contiguous: number, lowestOutstanding: number | null): number {
  return lowestOutstanding === null ? contiguous : Math.min(contiguous, lowestOutstanding - 1);
}
