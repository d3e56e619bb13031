/** The statements of one unit of work on an open SQLite database. Statements are prepared once and kept. */
export interface Sql {
  run(statement: string, ...values: readonly SqlValue[]): { readonly changes: number };
  get<Row>(statement: string, ...values: readonly SqlValue[]): Row | undefined;
  all<Row>(statement: string, ...values: readonly SqlValue[]): Row[];
}

export type SqlValue = null | number | bigint | string | Uint8Array;

/**
 * The storage port: SQLite in both arenas, a file in containers and an in-memory database in the simulator.
 *
 * Each call is a *step* with a name. The work inside one step never interleaves with another step; between two steps
 * the simulator may run somebody else's or crash the process. What `transaction` resolved with is durable.
 */
export interface Database {
  /** Runs `work` in one BEGIN IMMEDIATE transaction; a throw rolls back and is passed on. */
  transaction<T>(step: string, work: (sql: Sql) => T): Promise<T>;
  /** Runs `work` that only reads. */
  read<T>(step: string, work: (sql: Sql) => T): Promise<T>;
  /** Closes the database; later calls reject. */
  close(): void;
}

/** Opens the database and applies `schema` (idempotent statements) under WAL and synchronous=FULL. */
export type OpenDatabase = (schema: string) => Database;
