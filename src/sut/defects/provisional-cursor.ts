import type { BlobId } from '../core/ids.ts';
import type { Sql } from '../io/database.ts';
import type { ItemRow } from '../node/tables/item-table.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const provisionalCursor: Defect = {
  name: 'provisional-cursor',
  about:
    'A node without a connection gives each new item the cursor that it expects the relay to give, and keeps it: two devices then hold different items under one cursor, take each other’s for received and never ask for them.',
  node: withNodeStore((base, { events }) => {
    let isConnected = false;
    events.subscribe((event) => {
      if (event.event === 'state') isConnected = event.state === 'connected' || event.state === 'degraded';
    });
    return class extends base {
      protected override insertOwn(sql: Sql, item: Pick<ItemRow, 'blobId' | 'kind' | 'target' | 'body'>): void {
        super.insertOwn(sql, item);
        if (!isConnected) this.items.setCursor(sql, item.blobId, this.cursors.contiguous(sql) + this.outbox.count(sql));
      }

      protected override applyAck(sql: Sql, blobId: BlobId, cursor: number): void {
        super.applyAck(sql, blobId, this.items.get(sql, blobId)?.cursor ?? cursor);
      }
    };
  }),
};
