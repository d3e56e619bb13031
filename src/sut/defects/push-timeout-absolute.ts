import type { BlobId } from '../core/ids.ts';
import type { NodeParts } from '../node/parts.ts';
import type { Defect } from './defect.ts';

/** For the whole push, however well it goes on. */
const pushTimeoutMs = 30_000;

function impatient(base: NodeParts['session'], { ports: { clock } }: NodeParts): NodeParts['session'] {
  return class extends base {
    override async push(blobId: BlobId, payload: Uint8Array): Promise<number> {
      const timer = clock.setTimer(pushTimeoutMs, () => this.giveUp('no-progress'));
      try {
        return await super.push(blobId, payload);
      } finally {
        timer.cancel();
      }
    }
  };
}

export const pushTimeoutAbsolute: Defect = {
  name: 'push-timeout-absolute',
  about:
    'A device gives a push up after 30 s even while it moves, and sends it again from its first byte: on a slow line a large item is sent for ever and never arrives.',
  node: (parts) => ({ ...parts, session: impatient(parts.session, parts) }),
};
