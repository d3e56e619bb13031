import type { Sql } from '../io/database.ts';
import type { ItemRow } from '../node/tables/item-table.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

const everyCount = 10;

export const itemStoredTwice: Defect = {
  name: 'item-stored-twice',
  about:
    'The node’s index of items is not unique and every tenth item it received is stored a second time: the user sees the same item twice.',
  node: withNodeStore(
    (base) =>
      class extends base {
        #receivedCount = 0;

        protected override insertReceived(sql: Sql, row: ItemRow): void {
          super.insertReceived(sql, row);
          if (row.body === null) return;
          this.#receivedCount += 1;
          if (this.#receivedCount % everyCount !== 0) return;
          // Under its old name, so that the schema finds it there at the next start.
          sql.run('DROP INDEX items_by_blob');
          sql.run('CREATE INDEX items_by_blob ON items (blob_id)');
          super.insertReceived(sql, row);
        }
      },
  ),
};
