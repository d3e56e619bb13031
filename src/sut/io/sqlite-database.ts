import { DatabaseSync } from 'node:sqlite';
import type { Database, OpenDatabase, Sql } from './database.ts';
import { openingStatements, readOnly, SqliteSql, transact } from './sql.ts';
import { storageErrorOf } from './storage-error.ts';

/** A database in the file at `path`, made when missing. Opening it throws `StorageError` when SQLite cannot. */
export function sqliteDatabaseAt(path: string): OpenDatabase {
  return (schema) => new SqliteDatabase(path, schema);
}

/** Steps run to their end within the call, so they never interleave; only their results arrive asynchronously. */
class SqliteDatabase implements Database {
  readonly #database: DatabaseSync;
  readonly #sql: Sql;

  constructor(path: string, schema: string) {
    try {
      this.#database = new DatabaseSync(path);
      for (const statement of openingStatements) this.#database.exec(statement);
      this.#database.exec(schema);
    } catch (error) {
      throw storageErrorOf(`open ${path}`, error);
    }
    this.#sql = new SqliteSql(this.#database);
  }

  async transaction<T>(step: string, work: (sql: Sql) => T): Promise<T> {
    return transact(this.#database, this.#sql, step, work);
  }

  async read<T>(step: string, work: (sql: Sql) => T): Promise<T> {
    return readOnly(this.#sql, step, work);
  }

  close(): void {
    this.#database.close();
  }
}
