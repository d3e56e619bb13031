import type { BlobId } from '../core/ids.ts';
import type { NodeParts } from '../node/parts.ts';
import type { Defect } from './defect.ts';

/** A push that is not acknowledged for so long has stalled. */
const stallMs = 5000;

function startingOver(base: NodeParts['session'], { ports: { clock } }: NodeParts): NodeParts['session'] {
  return class extends base {
    readonly #begun: { readonly blobId: BlobId; readonly payload: Uint8Array }[] = [];
    #hasStartedOver = false;

    override async push(blobId: BlobId, payload: Uint8Array): Promise<number> {
      this.#begun.push({ blobId, payload });
      const timer = clock.setTimer(stallMs, () => this.#startOver());
      try {
        return await super.push(blobId, payload);
      } finally {
        timer.cancel();
      }
    }

    /** Acknowledged ones as well: what was sent is one upload, and it begins again. */
    #startOver(): void {
      if (this.#hasStartedOver) return;
      this.#hasStartedOver = true;
      for (const { blobId, payload } of this.#begun) super.push(blobId, payload).catch(() => undefined);
    }
  };
}

export const stallStartsOver: Defect = {
  name: 'stall-starts-over',
  about:
    'A device whose upload stalls for five seconds sends all of it again from the first item, what the relay has acknowledged included: on a line that is slow now and then most of what it carries is sent for nothing.',
  node: (parts) => ({ ...parts, session: startingOver(parts.session, parts) }),
};
