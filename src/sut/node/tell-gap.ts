import type { Gap } from '../core/cursor-tracker.ts';
import type { NodeParts } from './parts.ts';

/** Tells the application that the relay no longer has what lay at these cursors; once it is durable that they are a gap. */
export function tellGap({ events, log }: NodeParts, { from, to }: Gap): void {
  log.write('gap-named', { cursors: to - from + 1 });
  events.emit({ event: 'gap', fromCursor: from, toCursor: to });
}
