import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';
import { withTemporaryTable } from './temporary-table.ts';

const inMemory = `
  CREATE TEMP TABLE IF NOT EXISTS outstanding (
    cursor INTEGER PRIMARY KEY,
    blob_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked INTEGER NOT NULL DEFAULT 0
  )`;

const sameStoreOn = withNodeStore((base) => base);

export const outstandingInMemoryOnly: Defect = {
  name: 'outstanding-in-memory-only',
  about:
    'The node keeps the list of items it could not accept in memory only: after a restart nobody asks for them again and they are lost without a word.',
  node: (parts) => sameStoreOn({ ...parts, database: withTemporaryTable(parts.database, inMemory) }),
};
