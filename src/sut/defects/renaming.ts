import { blobIdBytes } from '../../contract/wire.ts';
import { type BlobId, blobIdFromRandom } from '../core/ids.ts';
import type { NodeParts } from '../node/parts.ts';
import type { NodeStore } from '../node/store.ts';

type Seal = Parameters<NodeStore['sealNext']>[1];
export type Entry = NonNullable<Awaited<ReturnType<NodeStore['nextToSend']>>>;

/** A store that can give what waits for the relay another id. Not a defect by itself. */
export function renaming(base: typeof NodeStore, { ports }: NodeParts) {
  return class extends base {
    #seal: Seal | null = null;

    override sealNext(count: number, seal: Seal): ReturnType<NodeStore['sealNext']> {
      this.#seal = seal;
      return super.sealNext(count, seal);
    }

    /**
     * The same item as another: the id is part of what is sealed, so it is sealed anew, under the number it has. Null
     * for what no longer waits, or was sealed before this process started.
     */
    renamed(old: BlobId): Promise<Entry | null> {
      const blobId = blobIdFromRandom(ports.random.bytes(blobIdBytes));
      return this.database.transaction('rename', (sql) => {
        const row = this.outbox.has(sql, old) ? this.items.get(sql, old) : null;
        if (row === null || this.#seal === null) return null;
        const { kind, author, sequence } = row;
        const payload = this.#seal({ blobId, kind, author, sequence: sequence!, body: this.bodyToSeal(sql, row) });
        sql.run('UPDATE items SET blob_id = ? WHERE blob_id = ?', blobId, old);
        sql.run('UPDATE outbox SET blob_id = ?, payload = ? WHERE blob_id = ?', blobId, payload, old);
        return { blobId, payload };
      });
    }
  };
}
