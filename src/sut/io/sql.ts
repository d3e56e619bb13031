import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Sql, SqlValue } from './database.ts';
import { storageErrorOf } from './storage-error.ts';

/** `Sql` on an open SQLite database. Each statement text is prepared once and kept until the database closes. */
export class SqliteSql implements Sql {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  run(statement: string, ...values: readonly SqlValue[]): { readonly changes: number } {
    return { changes: Number(this.#prepared(statement).run(...values).changes) };
  }

  get<Row>(statement: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.#prepared(statement).get(...values) as Row | undefined;
  }

  all<Row>(statement: string, ...values: readonly SqlValue[]): Row[] {
    return this.#prepared(statement).all(...values) as Row[];
  }

  #prepared(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

/** Runs `work` between BEGIN IMMEDIATE and COMMIT; any throw, that of COMMIT included, rolls back and is passed on. */
export function transact<T>(database: DatabaseSync, sql: Sql, step: string, work: (sql: Sql) => T): T {
  try {
    sql.run('BEGIN IMMEDIATE');
    const result = work(sql);
    sql.run('COMMIT');
    return result;
  } catch (error) {
    // After some failures, a full disk among them, SQLite has rolled back by itself.
    if (database.isTransaction) sql.run('ROLLBACK');
    throw storageErrorOf(step, error);
  }
}

/** Runs `work` that only reads; SQLite's errors come typed. */
export function readOnly<T>(sql: Sql, step: string, work: (sql: Sql) => T): T {
  try {
    return work(sql);
  } catch (error) {
    throw storageErrorOf(step, error);
  }
}

/** The settings both arenas share; the order matters: auto_vacuum is fixed by the first page that is written. */
export const openingStatements = [
  'PRAGMA busy_timeout = 5000',
  'PRAGMA auto_vacuum = INCREMENTAL',
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
  'PRAGMA foreign_keys = ON',
] as const;
