import type { Gap } from '../../core/cursor-tracker.ts';
import type { Sql } from '../../io/database.ts';

const contiguousName = 'contiguous';

/** How far this node has read, and the gaps in what the relay still holds that were reported to the caller. */
export class CursorTable {
  contiguous(sql: Sql): number {
    return this.#get(sql, contiguousName);
  }

  setContiguous(sql: Sql, cursor: number): void {
    this.#set(sql, contiguousName, cursor);
  }

  isMarked(sql: Sql, name: string): boolean {
    return this.#get(sql, name) === 1;
  }

  mark(sql: Sql, name: string, on: boolean): void {
    this.#set(sql, name, on ? 1 : 0);
  }

  /** False when the gap has its name already. */
  addGap(sql: Sql, { from, to }: Gap): boolean {
    return sql.run('INSERT OR IGNORE INTO gaps (from_cursor, to_cursor) VALUES (?, ?)', from, to).changes > 0;
  }

  clearGaps(sql: Sql): void {
    sql.run('DELETE FROM gaps');
  }

  #get(sql: Sql, name: string): number {
    return sql.get<{ value: number }>('SELECT value FROM progress WHERE name = ?', name)?.value ?? 0;
  }

  #set(sql: Sql, name: string, value: number): void {
    sql.run(
      'INSERT INTO progress (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    );
  }
}
