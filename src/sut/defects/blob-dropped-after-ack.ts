import type { NewBlob, PushResult } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

const everyCount = 16;

export const blobDroppedAfterAck: Defect = {
  name: 'blob-dropped-after-ack',
  about:
    'The relay acknowledges every push and drops every sixteenth all the same, before anybody has pulled it: the item never reaches another device, and its own believes it safe.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        #storedCount = 0;

        override async push(blob: NewBlob): Promise<PushResult> {
          const pushed = await super.push(blob);
          if (pushed.kind !== 'stored') return pushed;
          this.#storedCount += 1;
          if (this.#storedCount % everyCount === 0) await this.#drop(blob);
          return pushed;
        }

        #drop({ groupId, blobId }: NewBlob): Promise<void> {
          return this.step('relay.push', (sql) => {
            sql.run('DELETE FROM blobs WHERE group_id = ? AND blob_id = ?', groupId, blobId);
          });
        }
      },
  ),
};
