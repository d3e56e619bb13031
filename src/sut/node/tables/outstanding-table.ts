import type { BlobId, DeviceId } from '../../core/ids.ts';
import type { Sql } from '../../io/database.ts';

/** A blob that the relay served and that could not be accepted; the node goes on asking for it. */
export interface OutstandingRow {
  readonly cursor: number;
  /** As the relay named them; neither is proven. */
  readonly blobId: BlobId;
  readonly sender: DeviceId;
  readonly reason: string;
  /** How often it was asked for again. */
  readonly asked: number;
}

/** The statements on `outstanding`. */
export class OutstandingTable {
  /** Puts an entry on the list, or renews what is known of it. */
  add(sql: Sql, entry: Omit<OutstandingRow, 'asked'>): void {
    sql.run(
      `INSERT INTO outstanding (cursor, blob_id, sender, reason) VALUES (?, ?, ?, ?)
       ON CONFLICT (cursor) DO UPDATE SET blob_id = excluded.blob_id, sender = excluded.sender, reason = excluded.reason`,
      entry.cursor,
      entry.blobId,
      entry.sender,
      entry.reason,
    );
  }

  list(sql: Sql): OutstandingRow[] {
    return sql.all('SELECT cursor, blob_id AS blobId, sender, reason, asked FROM outstanding ORDER BY cursor');
  }

  has(sql: Sql, cursor: number): boolean {
    return sql.get('SELECT 1 FROM outstanding WHERE cursor = ?', cursor) !== undefined;
  }

  lowest(sql: Sql): number | null {
    return sql.get<{ lowest: number | null }>('SELECT MIN(cursor) AS lowest FROM outstanding')!.lowest;
  }

  /** Whether a blob of this sender is among them whose number is not known from elsewhere. */
  hidesNumberOf(sql: Sql, sender: DeviceId): boolean {
    return (
      sql.get(
        `SELECT 1 FROM outstanding WHERE sender = ?
           AND blob_id NOT IN (SELECT blob_id FROM items WHERE sequence IS NOT NULL) LIMIT 1`,
        sender,
      ) !== undefined
    );
  }

  countAsked(sql: Sql, cursor: number): void {
    sql.run('UPDATE outstanding SET asked = asked + 1 WHERE cursor = ?', cursor);
  }

  remove(sql: Sql, cursor: number): void {
    sql.run('DELETE FROM outstanding WHERE cursor = ?', cursor);
  }

  removeBlob(sql: Sql, blobId: BlobId): void {
    sql.run('DELETE FROM outstanding WHERE blob_id = ?', blobId);
  }

  clear(sql: Sql): void {
    sql.run('DELETE FROM outstanding');
  }
}
