/**
 * The relay's tables. Ids are their text, times Unix seconds. Payloads and device names are ciphertext.
 *
 * A payload comes last: what comes after it costs a walk over all its pages.
 * group_usage follows the blobs by triggers, so that a push need not add up the sizes of a whole group.
 */
export const schema = `
CREATE TABLE IF NOT EXISTS group_cursors (
  group_id TEXT PRIMARY KEY,
  next_cursor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS group_usage (
  group_id TEXT PRIMARY KEY,
  blobs INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS blobs (
  group_id TEXT NOT NULL,
  blob_id TEXT NOT NULL,
  cursor INTEGER NOT NULL,
  sender_id TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_by TEXT,
  payload BLOB NOT NULL,
  PRIMARY KEY (group_id, blob_id),
  UNIQUE (group_id, cursor)
) STRICT;
CREATE INDEX IF NOT EXISTS blobs_by_expiry ON blobs (expires_at);
CREATE INDEX IF NOT EXISTS blobs_marked ON blobs (group_id, cursor) WHERE deleted_by IS NOT NULL;

CREATE TRIGGER IF NOT EXISTS blob_added AFTER INSERT ON blobs BEGIN
  UPDATE group_usage SET blobs = blobs + 1, bytes = bytes + length(NEW.payload) WHERE group_id = NEW.group_id;
END;
CREATE TRIGGER IF NOT EXISTS blob_removed AFTER DELETE ON blobs BEGIN
  UPDATE group_usage SET blobs = blobs - 1, bytes = bytes - length(OLD.payload) WHERE group_id = OLD.group_id;
END;

CREATE TABLE IF NOT EXISTS devices (
  group_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  name BLOB NOT NULL,
  kem_fingerprint BLOB,
  acked_cursor INTEGER NOT NULL DEFAULT 0,
  last_seen INTEGER NOT NULL,
  revoked_at INTEGER,
  PRIMARY KEY (group_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS devices_by_id ON devices (device_id);
`;
