import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';
import { withTemporaryTable } from './temporary-table.ts';

const inMemory = `
  CREATE TEMP TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    blob_id TEXT NOT NULL UNIQUE,
    failed TEXT,
    payload BLOB
  )`;

/** A node that reads everything back after a start would find what is missing there; this one trusts its outbox. */
const sameStoreOn = withNodeStore(
  (base) =>
    class extends base {
      override async requeueLost(): Promise<void> {}
    },
);

export const outboxInMemoryOnly: Defect = {
  name: 'outbox-in-memory-only',
  about:
    'The node keeps its outbox in memory until the relay has acknowledged each item: what waits there when the process ends stays on this device for ever, shown as synced.',
  node: (parts) => sameStoreOn({ ...parts, database: withTemporaryTable(parts.database, inMemory) }),
};
