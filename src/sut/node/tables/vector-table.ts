import type { DeviceId } from '../../core/ids.ts';
import type { VersionVector } from '../../core/version-vector.ts';
import type { Sql } from '../../io/database.ts';

/** The statements on `vector`. */
export class VectorTable {
  read(sql: Sql): VersionVector {
    const rows = sql.all<{ author: DeviceId; sequence: number }>('SELECT author, sequence FROM vector');
    return new Map(rows.map(({ author, sequence }) => [author, sequence]));
  }

  /** Runs the author's component up over every number that is held without a hole; it never goes down. */
  advance(sql: Sql, author: DeviceId, holds: (sequence: number) => boolean): void {
    const before = sql.get<{ sequence: number }>('SELECT sequence FROM vector WHERE author = ?', author)?.sequence ?? 0;
    let sequence = before;
    while (holds(sequence + 1)) sequence += 1;
    if (sequence > before) {
      sql.run(
        `INSERT INTO vector (author, sequence) VALUES (?, ?)
         ON CONFLICT (author) DO UPDATE SET sequence = excluded.sequence`,
        author,
        sequence,
      );
    }
  }
}
