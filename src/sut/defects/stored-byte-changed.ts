import type { Sql } from '../io/database.ts';
import type { ItemRow } from '../node/tables/item-table.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

/** Not the first: a scenario may delete that one, and its body goes with it. */
const everyCount = 10;

export const storedByteChanged: Defect = {
  name: 'stored-byte-changed',
  about:
    'The node changes one byte in every tenth item it received after that was opened and stored: the user reads something else than what was written, and nothing says so.',
  node: withNodeStore(
    (base) =>
      class extends base {
        #receivedCount = 0;

        protected override insertReceived(sql: Sql, row: ItemRow): void {
          super.insertReceived(sql, row);
          if (row.body === null || row.body.length === 0) return;
          this.#receivedCount += 1;
          if (this.#receivedCount % everyCount !== 0) return;
          const changed = row.body.slice();
          const middle = changed.length >> 1;
          changed[middle] = changed[middle]! ^ 0x01;
          sql.run('UPDATE items SET body = ? WHERE blob_id = ?', changed, row.blobId);
        }
      },
  ),
};
