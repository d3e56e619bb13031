import type { BlobId } from '../core/ids.ts';
import type { NodeParts } from '../node/parts.ts';

/** Gives its connection up when a push has no acknowledgement after so long, those that wait behind others included. */
export function impatient(
  base: NodeParts['session'],
  { ports: { clock } }: NodeParts,
  stallMs: number,
): NodeParts['session'] {
  return class extends base {
    override async push(blobId: BlobId, payload: Uint8Array): Promise<number> {
      const timer = clock.setTimer(stallMs, () => this.giveUp('no-progress'));
      try {
        return await super.push(blobId, payload);
      } finally {
        timer.cancel();
      }
    }
  };
}
