import { frameBytesMax, limits } from '../../contract/wire.ts';
import { equalBytes } from '../../support/bytes.ts';
import type { Clock } from '../../support/clock.ts';
import type { BlobId, DeviceId, GroupId } from '../core/ids.ts';
import {
  type ListedDevice,
  type MessageOf,
  type PulledBlob,
  pulledBlobOverheadBytesMax,
  pullResponseOverheadBytesMax,
} from '../core/messages.ts';
import type { Database, Sql } from '../io/database.ts';

/** Every step the store takes, for logs. */
export const storeSteps = [
  'relay.hello',
  'relay.push',
  'relay.pull',
  'relay.acknowledge',
  'relay.delete',
  'relay.devices',
  'relay.cleanup',
  'relay.vacuum',
  'relay.statistics',
] as const;
export type StoreStep = (typeof storeSteps)[number];

export interface StoreRules {
  readonly groupBytesMax: number;
  readonly ttlSecondsDefault: number;
  readonly ttlSecondsMax: number;
  readonly pullLimitMax: number;
}

/** A device that says HELLO. `kemFingerprint` is null for a classical session. */
export interface Arrival {
  readonly groupId: GroupId;
  readonly deviceId: DeviceId;
  readonly sealedName: Uint8Array;
  readonly kemFingerprint: Uint8Array | null;
  readonly lastCursor: number;
}

export type ArrivalResult =
  | {
      readonly kind: 'entered';
      /** Highest cursor ever given in the group, 0 for none. */
      readonly maxCursor: number;
      readonly pendingCount: number;
      /** The oldest pending blobs, then the newest where not all are listed. */
      readonly pending: readonly BlobNotice[];
    }
  | { readonly kind: 'revoked' }
  /** Another ML-KEM key than the one this device came with first. */
  | { readonly kind: 'other-key' };

/** What a NOTIFY says. */
export type BlobNotice = Omit<MessageOf<'NOTIFY'>, 'type'>;

export interface NewBlob {
  readonly groupId: GroupId;
  readonly blobId: BlobId;
  readonly senderId: DeviceId;
  readonly payload: Uint8Array;
  /** The author's clock, Unix seconds, handed on as it is. */
  readonly timestamp: number;
  /** 0 for the default. */
  readonly ttlSeconds: number;
}

export type PushResult =
  /** `repeated`: the same blob again, as after a lost acknowledgement. `storedAt` is of the first time. */
  | { readonly kind: 'stored' | 'repeated'; readonly cursor: number; readonly storedAt: number }
  /** The id is taken by other content or another sender. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'quota-exceeded' };

export interface Page {
  readonly blobs: readonly PulledBlob[];
  readonly hasMore: boolean;
}

export type RemoveResult = 'removed' | 'marked' | 'absent' | 'not-owner';

export interface CleanupCounts {
  readonly expired: number;
  readonly deleted: number;
  readonly acknowledged: number;
}

export interface GroupStatistics {
  readonly group: string;
  readonly headCursor: number;
  readonly blobs: number;
  readonly bytes: number;
}

export interface StoreStatistics {
  readonly groups: readonly GroupStatistics[];
  /** Size of the database without its write-ahead log. */
  readonly storageBytes: number;
}

/** All of the relay's SQL. Every method is one named step of the database. */
export class RelayStore {
  protected readonly database: Database;
  protected readonly clock: Clock;
  protected readonly rules: StoreRules;

  constructor(database: Database, clock: Clock, rules: StoreRules) {
    this.database = database;
    this.clock = clock;
    this.rules = rules;
  }

  /** Registers the device for the group and takes its `lastCursor` as an acknowledgement. */
  enter(arrival: Arrival): Promise<ArrivalResult> {
    const { groupId, deviceId, sealedName, kemFingerprint, lastCursor } = arrival;
    return this.step('relay.hello', (sql): ArrivalResult => {
      const known = sql.all<{ group_id: string; kem_fingerprint: Uint8Array | null; revoked_at: number | null }>(
        'SELECT group_id, kem_fingerprint, revoked_at FROM devices WHERE device_id = ?',
        deviceId,
      );
      if (known.some((row) => row.group_id === groupId && row.revoked_at !== null)) return { kind: 'revoked' };
      const pinned = known.find((row) => row.kem_fingerprint !== null)?.kem_fingerprint ?? null;
      // A classical session of a device that once came with an ML-KEM key is a downgrade.
      if (pinned !== null && (kemFingerprint === null || !equalBytes(pinned, kemFingerprint))) {
        return { kind: 'other-key' };
      }
      sql.run('INSERT INTO group_usage (group_id) VALUES (?) ON CONFLICT DO NOTHING', groupId);
      sql.run(
        `INSERT INTO devices (group_id, device_id, name, kem_fingerprint, last_seen) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET name = excluded.name, kem_fingerprint = excluded.kem_fingerprint`,
        groupId,
        deviceId,
        sealedName,
        kemFingerprint,
        this.nowSeconds,
      );
      const acked = this.raiseAcknowledged(sql, groupId, deviceId, lastCursor);
      return {
        kind: 'entered',
        maxCursor: this.headOf(sql, groupId),
        pendingCount: this.pendingCount(sql, groupId, deviceId, acked),
        pending: this.pendingNotices(sql, groupId, deviceId, acked),
      };
    });
  }

  /** Takes the next cursor and inserts, in one transaction: a refused or failed push costs no cursor. */
  push(blob: NewBlob): Promise<PushResult> {
    return this.step('relay.push', (sql): PushResult => {
      const known = sql.get<{ sender_id: string; payload: Uint8Array; cursor: number; created_at: number }>(
        'SELECT sender_id, payload, cursor, created_at FROM blobs WHERE group_id = ? AND blob_id = ?',
        blob.groupId,
        blob.blobId,
      );
      if (known !== undefined) {
        const isSame = known.sender_id === blob.senderId && equalBytes(known.payload, blob.payload);
        return isSame ? { kind: 'repeated', cursor: known.cursor, storedAt: known.created_at } : { kind: 'conflict' };
      }
      if (this.storedBytes(sql, blob.groupId) + blob.payload.length > this.rules.groupBytesMax) {
        return { kind: 'quota-exceeded' };
      }
      const cursor = this.takeCursor(sql, blob);
      const storedAt = this.insert(sql, blob, cursor);
      return { kind: 'stored', cursor, storedAt };
    });
  }

  /** Unexpired blobs above `afterCursor`, ascending: at most `limit` (0: the default) and as many as fit one frame. */
  pull(groupId: GroupId, afterCursor: number, limit: number): Promise<Page> {
    const countMax = Math.min(limit === 0 ? limits.pullLimitDefault : limit, this.rules.pullLimitMax);
    return this.database.read('relay.pull', (sql): Page => {
      // Sizes first, so that only payloads that will be sent are read.
      const sizes = sql.all<{ cursor: number; bytes: number }>(
        `SELECT cursor, length(payload) AS bytes FROM blobs
         WHERE group_id = ? AND cursor > ? AND expires_at > ? ORDER BY cursor LIMIT ?`,
        groupId,
        afterCursor,
        this.nowSeconds,
        countMax + 1,
      );
      const count = Math.min(countMax, countThatFits(sizes.map(({ bytes }) => bytes)));
      const last = sizes[count - 1]?.cursor;
      if (last === undefined) return { blobs: [], hasMore: false };
      const blobs = sql.all<PulledBlob>(
        `SELECT blob_id AS blobId, cursor, sender_id AS senderId, payload, timestamp FROM blobs
         WHERE group_id = ? AND cursor > ? AND cursor <= ? AND expires_at > ? ORDER BY cursor`,
        groupId,
        afterCursor,
        last,
        this.nowSeconds,
      );
      return { blobs, hasMore: sizes.length > count };
    });
  }

  /** The device holds everything up to `cursor`. Never goes down, and never above the group's head. */
  acknowledge(groupId: GroupId, deviceId: DeviceId, cursor: number): Promise<void> {
    return this.step('relay.acknowledge', (sql) => {
      this.raiseAcknowledged(sql, groupId, deviceId, cursor);
    });
  }

  /**
   * Without force: removes the blob when every other device has acknowledged it, else marks it for cleanup. With force:
   * removes it, for its sender only.
   */
  remove(groupId: GroupId, deviceId: DeviceId, blobId: BlobId, force: boolean): Promise<RemoveResult> {
    return this.step('relay.delete', (sql): RemoveResult => {
      const blob = sql.get<{ cursor: number; sender_id: string }>(
        'SELECT cursor, sender_id FROM blobs WHERE group_id = ? AND blob_id = ?',
        groupId,
        blobId,
      );
      if (blob === undefined) return 'absent';
      if (force && blob.sender_id !== deviceId) return 'not-owner';
      if (force || this.othersAcknowledged(sql, groupId, deviceId, blob.cursor)) {
        sql.run('DELETE FROM blobs WHERE group_id = ? AND blob_id = ?', groupId, blobId);
        return 'removed';
      }
      sql.run(
        'UPDATE blobs SET deleted_by = ? WHERE group_id = ? AND blob_id = ? AND deleted_by IS NULL',
        deviceId,
        groupId,
        blobId,
      );
      return 'marked';
    });
  }

  /** Every unrevoked device of the group, in the order of their ids; who is online the store cannot know. */
  devices(groupId: GroupId): Promise<Omit<ListedDevice, 'isOnline'>[]> {
    return this.database.read('relay.devices', (sql) =>
      sql
        .all<{ device_id: DeviceId; name: Uint8Array; acked_cursor: number; last_seen: number }>(
          `SELECT device_id, name, acked_cursor, last_seen FROM devices
           WHERE group_id = ? AND revoked_at IS NULL ORDER BY device_id LIMIT ?`,
          groupId,
          limits.sessionsMax,
        )
        .map((row) => ({
          deviceId: row.device_id,
          sealedDeviceName: row.name,
          lastSeen: row.last_seen,
          pendingBlobs: this.pendingCount(sql, groupId, row.device_id, row.acked_cursor),
        })),
    );
  }

  /** Removes what has expired, what was deleted and is acknowledged by the others, and what all have acknowledged. */
  cleanup(): Promise<CleanupCounts> {
    return this.step('relay.cleanup', (sql) => ({
      expired: sql.run('DELETE FROM blobs WHERE expires_at <= ?', this.nowSeconds).changes,
      deleted: this.removeMarked(sql),
      acknowledged: this.removeAcknowledged(sql),
    }));
  }

  /** Gives the pages that cleanup freed back to the file system. */
  vacuum(): Promise<void> {
    return this.step('relay.vacuum', (sql) => {
      // One row a page: run to the end, else it frees one page.
      sql.all('PRAGMA incremental_vacuum');
    });
  }

  /** Of every group, in the order of their ids. Asked for often, so it reads nothing else. */
  groups(): Promise<readonly GroupStatistics[]> {
    return this.database.read('relay.groups', groupRows);
  }

  statistics(): Promise<StoreStatistics> {
    return this.database.read('relay.statistics', (sql) => ({
      groups: groupRows(sql),
      storageBytes: sql.get<{ bytes: number }>(
        'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()',
      )!.bytes,
    }));
  }

  protected step<T>(step: StoreStep, work: (sql: Sql) => T): Promise<T> {
    return this.database.transaction(step, work);
  }

  protected get nowSeconds(): number {
    return Math.floor(this.clock.wallMs() / 1000);
  }

  /** The next cursor of the blob's group, counted up; the first is 1. */
  protected takeCursor(sql: Sql, { groupId }: NewBlob): number {
    return sql.get<{ cursor: number }>(
      `INSERT INTO group_cursors (group_id, next_cursor) VALUES (?, 2)
       ON CONFLICT DO UPDATE SET next_cursor = next_cursor + 1 RETURNING next_cursor - 1 AS cursor`,
      groupId,
    )!.cursor;
  }

  /** Inserts the blob at this cursor; returns the time it is stored under. */
  protected insert(sql: Sql, blob: NewBlob, cursor: number): number {
    const now = this.nowSeconds;
    const ttl = Math.min(
      blob.ttlSeconds === 0 ? this.rules.ttlSecondsDefault : blob.ttlSeconds,
      this.rules.ttlSecondsMax,
    );
    sql.run(
      `INSERT INTO blobs (group_id, blob_id, cursor, sender_id, payload, timestamp, expires_at, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      blob.groupId,
      blob.blobId,
      cursor,
      blob.senderId,
      blob.payload,
      blob.timestamp,
      now + ttl,
      now,
    );
    return now;
  }

  protected headOf(sql: Sql, groupId: GroupId): number {
    const row = sql.get<{ next_cursor: number }>('SELECT next_cursor FROM group_cursors WHERE group_id = ?', groupId);
    return row === undefined ? 0 : row.next_cursor - 1;
  }

  private storedBytes(sql: Sql, groupId: GroupId): number {
    return sql.get<{ bytes: number }>('SELECT bytes FROM group_usage WHERE group_id = ?', groupId)?.bytes ?? 0;
  }

  /** The acknowledged cursor after this report. */
  private raiseAcknowledged(sql: Sql, groupId: GroupId, deviceId: DeviceId, cursor: number): number {
    return sql.get<{ acked_cursor: number }>(
      `UPDATE devices SET acked_cursor = max(acked_cursor, ?), last_seen = ?
       WHERE group_id = ? AND device_id = ? RETURNING acked_cursor`,
      Math.min(cursor, this.headOf(sql, groupId)),
      this.nowSeconds,
      groupId,
      deviceId,
    )!.acked_cursor;
  }

  private pendingCount(sql: Sql, groupId: GroupId, deviceId: DeviceId, acked: number): number {
    return sql.get<{ count: number }>(
      'SELECT count(*) AS count FROM blobs WHERE group_id = ? AND cursor > ? AND expires_at > ? AND sender_id <> ?',
      groupId,
      acked,
      this.nowSeconds,
      deviceId,
    )!.count;
  }

  private pendingNotices(sql: Sql, groupId: GroupId, deviceId: DeviceId, acked: number): BlobNotice[] {
    const notices = (order: 'ASC' | 'DESC', count: number): BlobNotice[] =>
      sql.all<BlobNotice>(
        `SELECT blob_id AS blobId, cursor, sender_id AS senderId, timestamp, length(payload) AS size FROM blobs
         WHERE group_id = ? AND cursor > ? AND expires_at > ? AND sender_id <> ? ORDER BY cursor ${order} LIMIT ?`,
        groupId,
        acked,
        this.nowSeconds,
        deviceId,
        count,
      );
    const oldest = notices('ASC', limits.notifyOnHelloMax);
    if (oldest.length < limits.notifyOnHelloMax) return oldest;
    return [...oldest, ...notices('DESC', 1).filter(({ cursor }) => cursor > oldest.at(-1)!.cursor)];
  }

  /** False while the device is the only one of its group. */
  private othersAcknowledged(sql: Sql, groupId: GroupId, deviceId: DeviceId, cursor: number): boolean {
    const others = sql.get<{ count: number; acked: number | null }>(
      `SELECT count(*) AS count, min(acked_cursor) AS acked FROM devices
       WHERE group_id = ? AND device_id <> ? AND revoked_at IS NULL`,
      groupId,
      deviceId,
    )!;
    return others.count > 0 && others.acked! >= cursor;
  }

  private removeMarked(sql: Sql): number {
    const marked = sql.all<{ group_id: GroupId; cursor: number; deleted_by: DeviceId }>(
      'SELECT group_id, cursor, deleted_by FROM blobs WHERE deleted_by IS NOT NULL ORDER BY group_id, cursor',
    );
    const done = marked.filter((blob) => this.othersAcknowledged(sql, blob.group_id, blob.deleted_by, blob.cursor));
    for (const { group_id, cursor } of done) {
      sql.run('DELETE FROM blobs WHERE group_id = ? AND cursor = ?', group_id, cursor);
    }
    return done.length;
  }

  /** Up to where every device of a group has acknowledged, for groups with more than one. */
  protected acknowledgedByAll(sql: Sql): readonly { readonly group_id: string; readonly acked: number }[] {
    return sql.all(
      `SELECT group_id, min(acked_cursor) AS acked FROM devices WHERE revoked_at IS NULL
       GROUP BY group_id HAVING count(*) >= 2 ORDER BY group_id`,
    );
  }

  private removeAcknowledged(sql: Sql): number {
    let removed = 0;
    for (const { group_id, acked } of this.acknowledgedByAll(sql)) {
      removed += sql.run('DELETE FROM blobs WHERE group_id = ? AND cursor <= ?', group_id, acked).changes;
    }
    return removed;
  }
}

function groupRows(sql: Sql): GroupStatistics[] {
  return sql.all(
    `SELECT group_id AS "group", coalesce(next_cursor, 1) - 1 AS headCursor, blobs, bytes
     FROM group_usage LEFT JOIN group_cursors USING (group_id) ORDER BY group_id`,
  );
}

/** How many of these payloads one PULL_RESPONSE can carry; the first always fits. */
function countThatFits(payloadBytes: readonly number[]): number {
  let left = frameBytesMax - pullResponseOverheadBytesMax;
  let count = 0;
  for (const bytes of payloadBytes) {
    left -= bytes + pulledBlobOverheadBytesMax;
    if (left < 0 && count > 0) break;
    count += 1;
  }
  return count;
}
