import { blobIdBytes } from '../../contract/wire.ts';
import { type BlobId, blobIdFromRandom } from '../core/ids.ts';
import type { NodeStore } from '../node/store.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

type Seal = Parameters<NodeStore['sealNext']>[1];
type Entry = NonNullable<Awaited<ReturnType<NodeStore['nextToSend']>>>;

export const newIdPerRetry: Defect = {
  name: 'new-id-per-retry',
  about:
    'The node gives an item a new id each time it sends it again, so the relay cannot tell a retry from a new item: when only the acknowledgement was lost, every device holds the item twice.',
  node: withNodeStore(
    (base, parts) =>
      class extends base {
        readonly #handedOut = new Set<BlobId>();
        #seal: Seal | null = null;

        override sealNext(count: number, seal: Seal): ReturnType<NodeStore['sealNext']> {
          this.#seal = seal;
          return super.sealNext(count, seal);
        }

        override async nextToSend(excluded: ReadonlySet<BlobId>): Promise<Entry | null> {
          const entry = await super.nextToSend(excluded);
          if (entry === null) return null;
          const again = this.#handedOut.has(entry.blobId) && this.#seal !== null;
          const sent = again ? await this.#renamed(entry, this.#seal!) : entry;
          this.#handedOut.add(sent.blobId);
          return sent;
        }

        /** The id is part of what is sealed, so it is sealed anew, under the number it has. */
        #renamed({ blobId: old }: Entry, seal: Seal): Promise<Entry> {
          const blobId = blobIdFromRandom(parts.ports.random.bytes(blobIdBytes));
          return this.database.transaction('rename', (sql) => {
            const row = this.items.get(sql, old)!;
            const { kind, author, sequence } = row;
            const payload = seal({ blobId, kind, author, sequence: sequence!, body: this.bodyToSeal(sql, row) });
            sql.run('UPDATE items SET blob_id = ? WHERE blob_id = ?', blobId, old);
            sql.run('UPDATE outbox SET blob_id = ?, payload = ? WHERE blob_id = ?', blobId, payload, old);
            return { blobId, payload };
          });
        }
      },
  ),
};
