import type { BlobId } from '../../core/ids.ts';
import type { Sql } from '../../io/database.ts';

/** One DELETE the relay still has to hear, after the tombstone that explains it. */
export interface Deletion {
  readonly target: BlobId;
  readonly force: boolean;
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

  /** Those whose tombstone and item are at the relay. */
  due(sql: Sql): Deletion[] {
    return sql
      .all<{ target: BlobId; force: number }>(
        `SELECT target, force FROM deletions
         WHERE tombstone NOT IN (SELECT blob_id FROM outbox) AND target NOT IN (SELECT blob_id FROM outbox)
         ORDER BY target`,
      )
      .map(({ target, force }) => ({ target, force: force === 1 }));
  }

  remove(sql: Sql, target: BlobId): void {
    sql.run('DELETE FROM deletions WHERE target = ?', target);
  }
}
