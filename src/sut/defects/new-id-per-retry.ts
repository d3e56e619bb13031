import type { BlobId } from '../core/ids.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';
import { type Entry, renaming } from './renaming.ts';

export const newIdPerRetry: Defect = {
  name: 'new-id-per-retry',
  about:
    'The node gives an item a new id each time it sends it again, so the relay cannot tell a retry from a new item: when only the acknowledgement was lost, every device holds the item twice.',
  node: withNodeStore(
    (base, parts) =>
      class extends renaming(base, parts) {
        readonly #handedOut = new Set<BlobId>();

        override async nextToSend(excluded: ReadonlySet<BlobId>): Promise<Entry | null> {
          const entry = await super.nextToSend(excluded);
          if (entry === null) return null;
          const sent = this.#handedOut.has(entry.blobId) ? ((await this.renamed(entry.blobId)) ?? entry) : entry;
          this.#handedOut.add(sent.blobId);
          return sent;
        }
      },
  ),
};
