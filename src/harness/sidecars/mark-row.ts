/**
 * Plants the positive control of a database: one row with the mark, in a table of its own.
 *
 *   node mark-row.ts FILE MARK
 *
 * The database is in use by its owner meanwhile; SQLite's locks make that safe, and the row lands in the write-ahead log
 * first, where a search that forgot the log would miss it.
 */
import { DatabaseSync } from 'node:sqlite';

const [file, mark] = process.argv.slice(2);
if (file === undefined || mark === undefined) {
  process.stderr.write('usage: mark-row FILE MARK\n');
  process.exit(3);
}
const database = new DatabaseSync(file, { timeout: 2_000 });
database.exec('BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS chaos_marks (mark TEXT); DELETE FROM chaos_marks;');
database.prepare('INSERT INTO chaos_marks (mark) VALUES (?)').run(mark);
database.exec('COMMIT');
database.close();
