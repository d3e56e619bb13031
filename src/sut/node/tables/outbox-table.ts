import type { BlobId } from '../../core/ids.ts';
import type { Sql } from '../../io/database.ts';

/** One sealed blob that waits for the relay's acknowledgement. */
export interface SealedEntry {
  readonly blobId: BlobId;
  readonly payload: Uint8Array;
}

/** The statements on `outbox`: first in, first out, by position. */
export class OutboxTable {
  append(sql: Sql, blobId: BlobId): void {
    sql.run('INSERT INTO outbox (blob_id) VALUES (?)', blobId);
  }

  /** Entries that still wait, sealed or not; those given up do not count. */
  count(sql: Sql): number {
    return sql.get<{ count: number }>('SELECT COUNT(*) AS count FROM outbox WHERE failed IS NULL')!.count;
  }

  failedCount(sql: Sql): number {
    return sql.get<{ count: number }>('SELECT COUNT(*) AS count FROM outbox WHERE failed IS NOT NULL')!.count;
  }

  /** What still waits, in order. */
  list(sql: Sql): BlobId[] {
    return blobIds(sql.all('SELECT blob_id AS blobId FROM outbox WHERE failed IS NULL ORDER BY position'));
  }

  /** The first `count` entries that are not sealed, in order. */
  firstUnsealed(sql: Sql, count: number): BlobId[] {
    return blobIds(
      sql.all(
        'SELECT blob_id AS blobId FROM outbox WHERE payload IS NULL AND failed IS NULL ORDER BY position LIMIT ?',
        count,
      ),
    );
  }

  setPayload(sql: Sql, blobId: BlobId, payload: Uint8Array): void {
    sql.run('UPDATE outbox SET payload = ? WHERE blob_id = ?', payload, blobId);
  }

  /** The first `count` sealed entries, in order. */
  firstSealed(sql: Sql, count: number): BlobId[] {
    return blobIds(
      sql.all(
        'SELECT blob_id AS blobId FROM outbox WHERE payload IS NOT NULL AND failed IS NULL ORDER BY position LIMIT ?',
        count,
      ),
    );
  }

  payloadOf(sql: Sql, blobId: BlobId): Uint8Array | null {
    return (
      sql.get<{ payload: Uint8Array | null }>('SELECT payload FROM outbox WHERE blob_id = ?', blobId)?.payload ?? null
    );
  }

  /** The lowest cursor at which the relay has an entry that still waits for its answer; null when it has none. */
  lowestReturned(sql: Sql): number | null {
    return sql.get<{ lowest: number | null }>(
      `SELECT MIN(cursor) AS lowest FROM items
       WHERE cursor IS NOT NULL AND blob_id IN (SELECT blob_id FROM outbox WHERE failed IS NULL)`,
    )!.lowest;
  }

  has(sql: Sql, blobId: BlobId): boolean {
    return sql.get('SELECT 1 FROM outbox WHERE blob_id = ?', blobId) !== undefined;
  }

  remove(sql: Sql, blobId: BlobId): void {
    sql.run('DELETE FROM outbox WHERE blob_id = ?', blobId);
  }

  /** The relay will never take it; the entry stays, so that the failure can be told after a restart. */
  markFailed(sql: Sql, blobId: BlobId, code: string): void {
    sql.run('UPDATE outbox SET failed = ?, payload = NULL WHERE blob_id = ?', code, blobId);
  }
}

function blobIds(rows: readonly { readonly blobId: BlobId }[]): BlobId[] {
  return rows.map(({ blobId }) => blobId);
}
