import { blobKinds } from '../../../contract/wire.ts';
import type { Gap } from '../../core/cursor-tracker.ts';
import type { BlobId, DeviceId } from '../../core/ids.ts';
import type { Sql } from '../../io/database.ts';

/** One blob a node knows: an item, a tombstone, or a blob of a kind that this version does not know. */
export interface ItemRow {
  readonly blobId: BlobId;
  readonly kind: number;
  readonly author: DeviceId;
  /** The author's own number; null until sealed. */
  readonly sequence: number | null;
  /** Where the relay keeps it; null until known. */
  readonly cursor: number | null;
  /** Of a tombstone: the item it deletes. */
  readonly target: BlobId | null;
  readonly deleted: boolean;
  /** Plaintext; null for tombstones and deleted items. */
  readonly body: Uint8Array | null;
}

/** An item without its body. */
export interface ItemOutline extends Pick<ItemRow, 'blobId' | 'author' | 'sequence' | 'cursor' | 'deleted'> {
  /** Length of the body; null when there is none. */
  readonly bytes: number | null;
}

const columns = 'blob_id AS blobId, kind, author, sequence, cursor, target, deleted, body';
const selectOne = `SELECT ${columns} FROM items WHERE blob_id = ?`;
const selectAll = `SELECT ${columns} FROM items WHERE kind <> ? ORDER BY position`;

/** The statements on `items`. */
export class ItemTable {
  insert(sql: Sql, row: ItemRow): void {
    sql.run(
      'INSERT INTO items (blob_id, kind, author, sequence, cursor, target, deleted, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      row.blobId,
      row.kind,
      row.author,
      row.sequence,
      row.cursor,
      row.target,
      row.deleted ? 1 : 0,
      row.body,
    );
  }

  get(sql: Sql, blobId: BlobId): ItemRow | null {
    return rowOf(sql.get(selectOne, blobId));
  }

  /** Everything but tombstones, in the order of acceptance. */
  list(sql: Sql): ItemRow[] {
    const rows = sql.all<Stored>(selectAll, blobKinds.tombstone);
    return rows.map((row) => rowOf(row)!);
  }

  /** The same without the bodies. */
  outline(sql: Sql): ItemOutline[] {
    const rows = sql.all<Omit<ItemOutline, 'deleted'> & { deleted: number }>(
      'SELECT blob_id AS blobId, author, sequence, cursor, deleted, length(body) AS bytes FROM items WHERE kind <> ? ORDER BY position',
      blobKinds.tombstone,
    );
    return rows.map((row) => ({ ...row, deleted: row.deleted === 1 }));
  }

  /** The author's number of a blob; null when it has none yet or is not known. */
  sequenceOf(sql: Sql, blobId: BlobId): number | null {
    return (
      sql.get<{ sequence: number | null }>('SELECT sequence FROM items WHERE blob_id = ?', blobId)?.sequence ?? null
    );
  }

  /** The first tombstone of an item, if there is one. */
  tombstoneOf(sql: Sql, target: BlobId): BlobId | null {
    const found = sql.get<{ blobId: BlobId }>(
      'SELECT blob_id AS blobId FROM items WHERE target = ? ORDER BY position LIMIT 1',
      target,
    );
    return found?.blobId ?? null;
  }

  setSequence(sql: Sql, blobId: BlobId, sequence: number): void {
    sql.run('UPDATE items SET sequence = ? WHERE blob_id = ?', sequence, blobId);
  }

  /** The first cursor a blob was seen at stays: what a relay hands out twice is no reason to read elsewhere. */
  setCursor(sql: Sql, blobId: BlobId, cursor: number): void {
    sql.run('UPDATE items SET cursor = ? WHERE blob_id = ? AND cursor IS NULL', cursor, blobId);
  }

  moveTo(sql: Sql, blobId: BlobId, cursor: number): void {
    sql.run('UPDATE items SET cursor = ? WHERE blob_id = ?', cursor, blobId);
  }

  /** A body that still has to be sealed stays until then, because its number must name the item that was accepted. */
  markDeleted(sql: Sql, blobId: BlobId): void {
    sql.run('UPDATE items SET deleted = 1, body = CASE WHEN sequence IS NULL THEN body END WHERE blob_id = ?', blobId);
  }

  dropDeletedBody(sql: Sql, blobId: BlobId): void {
    sql.run('UPDATE items SET body = NULL WHERE blob_id = ? AND deleted = 1', blobId);
  }

  isHeldAt(sql: Sql, cursor: number): boolean {
    return sql.get('SELECT 1 FROM items WHERE cursor = ? LIMIT 1', cursor) !== undefined;
  }

  holds(sql: Sql, author: DeviceId, sequence: number): boolean {
    return sql.get('SELECT 1 FROM items WHERE author = ? AND sequence = ? LIMIT 1', author, sequence) !== undefined;
  }

  highestSequence(sql: Sql, author: DeviceId): number {
    return (
      sql.get<{ highest: number | null }>('SELECT MAX(sequence) AS highest FROM items WHERE author = ?', author)
        ?.highest ?? 0
    );
  }

  /** Blobs held beyond a cursor, ascending, with the size of their bodies; at most `count`. */
  heldBeyond(sql: Sql, cursor: number, count: number): { cursor: number; bytes: number }[] {
    return sql.all(
      'SELECT cursor, IFNULL(LENGTH(body), 0) AS bytes FROM items WHERE cursor > ? ORDER BY cursor LIMIT ?',
      cursor,
      count,
    );
  }

  forgetCursors(sql: Sql): void {
    sql.run('UPDATE items SET cursor = NULL');
  }

  /** Live blobs of this author that have a number but no place at the relay, in the order of their numbers. */
  withoutCursor(sql: Sql, author: DeviceId): BlobId[] {
    return sql
      .all<{ blobId: BlobId }>(
        `SELECT blob_id AS blobId FROM items
         WHERE author = ? AND sequence IS NOT NULL AND cursor IS NULL AND deleted = 0 ORDER BY sequence`,
        author,
      )
      .map(({ blobId }) => blobId);
  }

  /**
   * Where numbers of an author are missing below a number that is held: the cursors the missing blobs lie between.
   * Both neighbours are blobs of the same author, so nothing that was only pushed out of order is taken for missing.
   * This device's own are among them only after its storage was set back.
   */
  missingSequences(sql: Sql): Gap[] {
    return sql.all(
      `SELECT
         IFNULL((SELECT MAX(p.cursor) FROM items p WHERE p.author = i.author AND p.sequence < i.sequence), 0) + 1 AS "from",
         (SELECT MIN(n.cursor) FROM items n WHERE n.author = i.author AND n.sequence >= i.sequence) - 1 AS "to"
       FROM items i
       WHERE i.sequence > 1
         AND i.sequence > IFNULL((SELECT v.sequence FROM vector v WHERE v.author = i.author), 0)
         AND NOT EXISTS (SELECT 1 FROM items p WHERE p.author = i.author AND p.sequence = i.sequence - 1)
         AND "from" <= "to"
       ORDER BY "from"`,
    );
  }
}

interface Stored extends Omit<ItemRow, 'deleted'> {
  readonly deleted: number;
}

function rowOf(stored: Stored | undefined): ItemRow | null {
  return stored === undefined ? null : { ...stored, deleted: stored.deleted === 1 };
}
