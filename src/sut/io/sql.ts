import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Sql, SqlValue } from './database.ts';
import { storageErrorOf } from './storage-error.ts';

/**
 * `Sql` on an open SQLite database. Each statement text is prepared once and kept until the database closes.
 *
 * Rows are asked for as arrays and made objects here, because the objects that SQLite's binding makes are slow ones.
 */
export class SqliteSql implements Sql {
  readonly #database: DatabaseSync;
  readonly #pragmaRan: (pragma: string) => void;
  readonly #statements = new Map<string, Prepared>();

  /** `pragmaRan` hears of each PRAGMA statement after it: it may have changed how commits reach the disk. */
  constructor(database: DatabaseSync, pragmaRan: (pragma: string) => void = () => undefined) {
    this.#database = database;
    this.#pragmaRan = pragmaRan;
  }

  run(text: string, ...values: readonly SqlValue[]): { readonly changes: number } {
    const prepared = this.#prepared(text);
    const changes = Number(prepared.statement.run(...values).changes);
    if (prepared.isPragma) this.#pragmaRan(text);
    return { changes };
  }

  get<Row>(text: string, ...values: readonly SqlValue[]): Row | undefined {
    const prepared = this.#prepared(text);
    const row = prepared.statement.get(...values) as unknown as SqlValue[] | undefined;
    if (prepared.isPragma) this.#pragmaRan(text);
    return row === undefined ? undefined : rowOf<Row>(namesOf(prepared), row);
  }

  all<Row>(text: string, ...values: readonly SqlValue[]): Row[] {
    const prepared = this.#prepared(text);
    const rows = prepared.statement.all(...values) as unknown as SqlValue[][];
    if (prepared.isPragma) this.#pragmaRan(text);
    const names = namesOf(prepared);
    return rows.map((row) => rowOf<Row>(names, row));
  }

  #prepared(text: string): Prepared {
    let prepared = this.#statements.get(text);
    if (prepared === undefined) {
      prepared = { statement: this.#database.prepare(text), isPragma: /^\s*pragma/i.test(text), names: null };
      prepared.statement.setReturnArrays(true);
      this.#statements.set(text, prepared);
    }
    return prepared;
  }
}

interface Prepared {
  readonly statement: StatementSync;
  readonly isPragma: boolean;
  /** Of its columns, once it has been read from. */
  names: readonly string[] | null;
}

function namesOf(prepared: Prepared): readonly string[] {
  prepared.names ??= prepared.statement.columns().map(({ name }) => name);
  return prepared.names;
}

function rowOf<Row>(names: readonly string[], values: readonly SqlValue[]): Row {
  const row: Record<string, SqlValue> = {};
  for (let index = 0; index < names.length; index += 1) row[names[index]!] = values[index]!;
  return row as Row;
}

/** Runs `work` between BEGIN IMMEDIATE and COMMIT; any throw, that of COMMIT included, rolls back and is passed on. */
export function transact<T>(database: DatabaseSync, sql: Sql, step: string, work: (sql: Sql) => T): T {
  const result = begin(database, sql, step, work);
  commit(database, sql, step);
  return result;
}

/** The first half of `transact`: the transaction is open after it. */
export function begin<T>(database: DatabaseSync, sql: Sql, step: string, work: (sql: Sql) => T): T {
  return orRollBack(database, sql, step, () => {
    sql.run('BEGIN IMMEDIATE');
    return work(sql);
  });
}

/** The second half. */
export function commit(database: DatabaseSync, sql: Sql, step: string): void {
  orRollBack(database, sql, step, () => sql.run('COMMIT'));
}

function orRollBack<T>(database: DatabaseSync, sql: Sql, step: string, work: () => T): T {
  try {
    return work();
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
