import type { BlobId } from '../core/ids.ts';
import type { Sql } from '../io/database.ts';
import type { NumberedBlob, Sealer } from '../node/sealer.ts';
import type { SealedEntry } from '../node/tables/outbox-table.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const numbersFromOldCopy: Defect = {
  name: 'numbers-from-old-copy',
  about:
    'The node reads its own last number once, from the storage it starts on, and counts on from there: set back to an older copy it gives numbers a second time, and others see two histories of one author.',
  node: withNodeStore(
    (base) =>
      class extends base {
        /** Null: the process began with new storage. */
        #last: number | null = null;

        /** Asked once, when a process opens the storage it found. */
        override async wantsConnection(): Promise<boolean> {
          await this.database.read('last-number', (sql) => {
            this.#last = this.items.highestSequence(sql, this.self);
          });
          return super.wantsConnection();
        }

        protected override sealOne(sql: Sql, blobId: BlobId, seal: Sealer['seal']): NumberedBlob & SealedEntry {
          if (this.#last !== null && this.items.sequenceOf(sql, blobId) === null) {
            this.#last += 1;
            this.items.setSequence(sql, blobId, this.#last);
          }
          return super.sealOne(sql, blobId, seal);
        }
      },
  ),
};
