import type { Database, Sql } from '../io/database.ts';

/**
 * The same database with one table in memory only. `create` makes it as a temporary one of the same name: SQLite looks
 * among those first, so that every statement that names it means this one from now on.
 */
export function withTemporaryTable(database: Database, create: string): Database {
  const first =
    <T>(work: (sql: Sql) => T) =>
    (sql: Sql): T => {
      sql.run(create);
      return work(sql);
    };
  return {
    transaction: (step, work) => database.transaction(step, first(work)),
    read: (step, work) => database.read(step, first(work)),
    close: () => database.close(),
  };
}
