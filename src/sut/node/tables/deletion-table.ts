import type { BlobId } from '../../core/ids.ts';
import type { Sql } from '../../io/database.ts';

/** One DELETE the relay still has to hear, after the tombstone that explains it. */
export interface Deletion {
  readonly target: BlobId;
  readonly force: boolean;
}

export interface QueuedDeletion extends Deletion {
  /** Its tombstone and its item are at the relay. */
  readonly isDue: boolean;
}

/** The statements on `deletions`. */
export class DeletionTable {
  add(sql: Sql, deletion: Deletion & { readonly tombstone: BlobId }): void {
    sql.run(
      'INSERT OR IGNORE INTO deletions (target, tombstone, force) VALUES (?, ?, ?)',
      deletion.target,
      deletion.tombstone,
      deletion.force ? 1 : 0,
    );
  }

  list(sql: Sql): QueuedDeletion[] {
    return sql
      .all<{ target: BlobId; force: number; isDue: number }>(
        `SELECT target, force,
           tombstone NOT IN (SELECT blob_id FROM outbox) AND target NOT IN (SELECT blob_id FROM outbox) AS isDue
         FROM deletions ORDER BY target`,
      )
      .map(({ target, force, isDue }) => ({ target, force: force === 1, isDue: isDue === 1 }));
  }

  remove(sql: Sql, target: BlobId): void {
    sql.run('DELETE FROM deletions WHERE target = ?', target);
  }
}
