import type { BlobId } from '../core/ids.ts';
import type { SealedEntry } from '../node/tables/outbox-table.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const newestFirst: Defect = {
  name: 'newest-first',
  about:
    'The node sends what waits in its outbox from newest to oldest: others see a user’s changes in an order in which nobody made them.',
  node: withNodeStore(
    (base) =>
      class extends base {
        override nextToSend(excluded: ReadonlySet<BlobId>): Promise<SealedEntry | null> {
          return this.database.read('next-push', (sql) => {
            const sealed = this.outbox.firstSealed(sql, this.outbox.count(sql));
            const blobId = sealed.findLast((candidate) => !excluded.has(candidate));
            return blobId === undefined ? null : { blobId, payload: this.outbox.payloadOf(sql, blobId)! };
          });
        }
      },
  ),
};
