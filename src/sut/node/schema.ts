/**
 * What a node keeps in SQLite: plaintext items, what waits to be sent, and how far it has read.
 *
 * `items` holds the application's items and the tombstones (kind 2) alike, because both have an author's number. A
 * deleted item keeps its row without a body. Uniqueness of a blob is an index of its own, not the key, so that
 * `position` stays the order of acceptance.
 */
export const nodeSchema = `
  CREATE TABLE IF NOT EXISTS items (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    blob_id TEXT NOT NULL,
    kind INTEGER NOT NULL,
    author TEXT NOT NULL,
    sequence INTEGER,
    cursor INTEGER,
    target TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    body BLOB
  );
  CREATE UNIQUE INDEX IF NOT EXISTS items_by_blob ON items (blob_id);
  CREATE INDEX IF NOT EXISTS items_by_author ON items (author, sequence);
  CREATE INDEX IF NOT EXISTS items_by_cursor ON items (cursor);
  CREATE INDEX IF NOT EXISTS items_by_target ON items (target) WHERE target IS NOT NULL;

  CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    blob_id TEXT NOT NULL UNIQUE,
    failed TEXT,
    payload BLOB
  );
  CREATE TABLE IF NOT EXISTS deletions (
    target TEXT PRIMARY KEY,
    tombstone TEXT NOT NULL,
    force INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS outstanding (
    cursor INTEGER PRIMARY KEY,
    blob_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS gaps (
    from_cursor INTEGER NOT NULL,
    to_cursor INTEGER NOT NULL,
    PRIMARY KEY (from_cursor, to_cursor)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS vector (
    author TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS progress (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) WITHOUT ROWID;
`;
