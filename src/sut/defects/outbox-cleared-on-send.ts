import type { BlobId } from '../core/ids.ts';
import type { NodeStore } from '../node/store.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const outboxClearedOnSend: Defect = {
  name: 'outbox-cleared-on-send',
  about:
    'The node takes an item out of its outbox when it hands it to the socket, not when the relay acknowledges it: what a lost connection swallows is never sent again, and the device shows it as synced.',
  node: withNodeStore(
    (base) =>
      class extends base {
        override async nextToSend(excluded: ReadonlySet<BlobId>): ReturnType<NodeStore['nextToSend']> {
          const entry = await super.nextToSend(excluded);
          if (entry !== null) await this.#cleared(entry.blobId);
          return entry;
        }

        #cleared(blobId: BlobId): Promise<void> {
          return this.database.transaction('sent', (sql) => this.outbox.remove(sql, blobId));
        }
      },
  ),
};
