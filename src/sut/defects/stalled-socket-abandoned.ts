import type { BlobId } from '../core/ids.ts';
import type { NodeParts } from '../node/parts.ts';
import type { Defect } from './defect.ts';

/** For any push, those that wait behind others included. */
const stallMs = 250;

function hasty(base: NodeParts['session'], { ports: { clock } }: NodeParts): NodeParts['session'] {
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

export const stalledSocketAbandoned: Defect = {
  name: 'stalled-socket-abandoned',
  about:
    'A node takes its connection for stalled when a push has no acknowledgement after a quarter of a second, abandons it and opens another at once: on a line that loses a packet now and then it reconnects for ever and sends everything again each time.',
  node: (parts) => ({ ...parts, session: hasty(parts.session, parts), retryDelayMs: () => 0 }),
};
