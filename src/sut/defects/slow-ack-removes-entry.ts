import type { BlobId } from '../core/ids.ts';
import type { NodeParts } from '../node/parts.ts';
import type { NodeStore } from '../node/store.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

const ackTimeoutMs = 200;

const forgets = withNodeStore(
  (base, { ports: { clock }, fatal }: NodeParts) =>
    class extends base {
      override async nextToSend(excluded: ReadonlySet<BlobId>): ReturnType<NodeStore['nextToSend']> {
        const entry = await super.nextToSend(excluded);
        if (entry !== null) clock.setTimer(ackTimeoutMs, () => void this.#forget(entry.blobId).catch(fatal));
        return entry;
      }

      #forget(blobId: BlobId): Promise<void> {
        return this.database.transaction('ack-timeout', (sql) => this.outbox.remove(sql, blobId));
      }
    },
);

export const slowAckRemovesEntry: Defect = {
  name: 'slow-ack-removes-entry',
  about:
    'A node that has no acknowledgement of a push after a fifth of a second takes the item out of its outbox all the same: until the relay has it nobody would send it again, and should the connection end first it is on no other device.',
  node: forgets,
};
