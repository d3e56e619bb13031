import type { Database, Sql } from '../io/database.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

/** Every statement that names the table means this one from now on: SQLite looks among temporary tables first. */
const inMemory = `
  CREATE TEMP TABLE IF NOT EXISTS outstanding (
    cursor INTEGER PRIMARY KEY,
    blob_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked INTEGER NOT NULL DEFAULT 0
  )`;

function withTemporaryList(database: Database): Database {
  const first =
    <T>(work: (sql: Sql) => T) =>
    (sql: Sql): T => {
      sql.run(inMemory);
      return work(sql);
    };
  return {
    transaction: (step, work) => database.transaction(step, first(work)),
    read: (step, work) => database.read(step, first(work)),
    close: () => database.close(),
  };
}

const sameStoreOn = withNodeStore((base) => base);

export const outstandingInMemoryOnly: Defect = {
  name: 'outstanding-in-memory-only',
  about:
    'The node keeps the list of items it could not accept in memory only: after a restart nobody asks for them again and they are lost without a word.',
  node: (parts) => sameStoreOn({ ...parts, database: withTemporaryList(parts.database) }),
};
