/** Rows of a database that somebody else has open, read from a copy of its files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';

export type SqliteRow = Record<string, SQLOutputValue>;

export interface SqliteReading {
  readonly rows: readonly SqliteRow[];
  /** `ok`, or what PRAGMA integrity_check found. */
  readonly integrityCheck: string;
}

/**
 * Opens copies of the database and its write-ahead log, which is how a crash would leave them, and asks them the query.
 * `group` fills the query's one parameter, where it has one. Throws when the file is not there or the query is wrong.
 */
export async function readSqliteCopy(
  files: ReadonlyMap<string, Uint8Array>,
  { file, query, group }: { readonly file: string; readonly query: string; readonly group: string | null },
): Promise<SqliteReading> {
  const main = files.get(file);
  if (main === undefined) throw new Error(`the volume has no file ${file}`);
  const folder = await mkdtemp(join(tmpdir(), 'relay-chaos-sqlite-'));
  try {
    const path = join(folder, 'copy.db');
    await writeFile(path, main, { mode: 0o600 });
    const wal = files.get(`${file}-wal`);
    if (wal !== undefined) await writeFile(`${path}-wal`, wal, { mode: 0o600 });
    const database = new DatabaseSync(path);
    try {
      const check = database.prepare('PRAGMA integrity_check').all();
      const statement = database.prepare(query);
      const rows = query.includes('?') ? statement.all(group) : statement.all();
      return { rows, integrityCheck: check.map((row) => String(row.integrity_check)).join('; ') };
    } finally {
      database.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
