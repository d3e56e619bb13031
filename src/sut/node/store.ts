import { blobKinds } from '../../contract/wire.ts';
import { equalBytes } from '../../support/bytes.ts';
import { NodeError } from '../../support/errors.ts';
import { acknowledgedCursor, contiguousFrom, type Gap, gapsUpTo } from '../core/cursor-tracker.ts';
import type { BlobId, DeviceId } from '../core/ids.ts';
import type { PulledBlob } from '../core/messages.ts';
import { encodeTombstone, type Tombstone } from '../core/tombstone.ts';
import type { VersionVector } from '../core/version-vector.ts';
import type { Database, Sql } from '../io/database.ts';
import { type PullPlan, planPulls } from './pull-plan.ts';
import type { NumberedBlob, RefusalReason, Sealer } from './sealer.ts';
import { CursorTable } from './tables/cursor-table.ts';
import { type Deletion, DeletionTable, type QueuedDeletion } from './tables/deletion-table.ts';
import { type ItemOutline, type ItemRow, ItemTable } from './tables/item-table.ts';
import { OutboxTable, type SealedEntry } from './tables/outbox-table.ts';
import { type OutstandingRow, OutstandingTable } from './tables/outstanding-table.ts';
import { VectorTable } from './tables/vector-table.ts';

/** What the application hands over: durable from then on, not yet numbered. */
export interface AcceptedItem {
  readonly blobId: BlobId;
  readonly kind: number;
  readonly body: Uint8Array;
}

/** The relay has committed a blob of this device at this cursor. */
export interface Ack {
  readonly blobId: BlobId;
  readonly cursor: number;
}

/** What one answer of the relay changed, to be told once it is durable. */
export interface Applied {
  readonly received: { item: BlobId; cursor: number; author: DeviceId; sequence: number }[];
  readonly refused: { cursor: number; reason: RefusalReason }[];
  /** Blobs of this device that waited unsealed although the relay has them: an older copy of the storage is in use. */
  readonly adopted: { item: BlobId; cursor: number; sequence: number }[];
  /** Blobs of this device that wait for an acknowledgement and came back byte for byte as they wait. */
  readonly returned: Ack[];
  /** Where the relay no longer has anything, and nothing that it has shows what it was. */
  readonly gaps: Gap[];
  duplicates: number;
  /** Two blobs under one number of one author: somebody forked that author's history. */
  forks: number;
}

/** What goes out next. */
export interface NextEntry extends SealedEntry {
  /** True when no other sealed entry waits behind it; left out by a store that has not looked. */
  readonly isLast?: boolean;
}

/** How an outstanding blob stands after it was asked for again; `settled`: it had left the list meanwhile. */
export type Asked = 'recovered' | 'refused' | 'gone' | 'settled';

/** What `status` shows of the storage, as of one moment. */
export interface Snapshot {
  /** Items that wait for the relay. */
  readonly pending: number;
  /** Items that the relay will never take. */
  readonly failed: number;
  readonly contiguous: number;
  readonly vector: VersionVector;
  readonly outstanding: readonly OutstandingRow[];
}

/** More cursors than this beyond the contiguous one are not looked at when a page is planned. */
const heldCountMax = 10_000;
/** Gaps of one author's numbers that are looked into at a time. */
const holeCountMax = 20;

/**
 * Everything durable of a node. Each method is one step: it happened as a whole or not at all.
 *
 * The tables are fields, so that a single one can be exchanged.
 */
export class NodeStore {
  readonly items: ItemTable = new ItemTable();
  readonly outbox: OutboxTable = new OutboxTable();
  readonly deletions: DeletionTable = new DeletionTable();
  readonly outstanding: OutstandingTable = new OutstandingTable();
  readonly cursors: CursorTable = new CursorTable();
  readonly vector: VectorTable = new VectorTable();
  protected readonly database: Database;
  /** This device. */
  protected readonly self: DeviceId;

  constructor(database: Database, self: DeviceId) {
    this.database = database;
    this.self = self;
  }

  /** Items and their outbox entries in one transaction. The result says for each whether there was room for it. */
  accept(items: readonly AcceptedItem[], outboxMax: number): Promise<readonly boolean[]> {
    return this.database.transaction('accept-push', (sql) => {
      const room = outboxMax - this.outbox.count(sql);
      for (const item of items.slice(0, room)) this.insertOwn(sql, { ...item, target: null });
      return items.map((_, index) => index < room);
    });
  }

  /**
   * Deletes an item here and queues the tombstone that tells the others. Returns the id of its tombstone: the one given,
   * or the one it had already. Throws NodeError NOT_FOUND, NOT_BLOB_OWNER (force on somebody else's item), OUTBOX_FULL.
   */
  acceptDeletion(deletion: Deletion & { readonly tombstone: BlobId }, outboxMax: number): Promise<BlobId> {
    return this.database.transaction('accept-delete', (sql) => {
      const { target, tombstone, force } = deletion;
      const item = this.items.get(sql, target);
      if (item === null || item.kind === blobKinds.tombstone) {
        throw new NodeError('NOT_FOUND', 'delete: this device holds no such item', { definite: true });
      }
      if (force && item.author !== this.self) {
        throw new NodeError('NOT_BLOB_OWNER', 'delete: only the device that pushed an item can force it', {
          definite: true,
        });
      }
      const earlier = this.items.tombstoneOf(sql, target);
      if (earlier !== null) return earlier;
      if (this.outbox.count(sql) >= outboxMax) throw outboxFull(outboxMax);
      this.items.markDeleted(sql, target);
      this.insertOwn(sql, { blobId: tombstone, kind: blobKinds.tombstone, target, body: null });
      this.deletions.add(sql, deletion);
      return tombstone;
    });
  }

  protected insertOwn(sql: Sql, item: Pick<ItemRow, 'blobId' | 'kind' | 'target' | 'body'>): void {
    this.items.insert(sql, { ...item, author: this.self, sequence: null, cursor: null, deleted: false });
    this.outbox.append(sql, item.blobId);
  }

  /**
   * Numbers and seals the first entries that are not, at most `count`, and counts them in the vector. None while a blob
   * of this device at the relay cannot be opened: that one's number is taken, and nobody knows which it is.
   */
  sealNext(count: number, seal: Sealer['seal']): Promise<(NumberedBlob & SealedEntry)[]> {
    return this.database.transaction('seal', (sql) => {
      if (this.outstanding.hidesNumberOf(sql, this.self)) return [];
      const sealed = this.outbox.firstUnsealed(sql, count).map((blobId) => this.sealOne(sql, blobId, seal));
      if (sealed.length > 0) this.advanceVector(sql, this.self);
      return sealed;
    });
  }

  protected sealOne(sql: Sql, blobId: BlobId, seal: Sealer['seal']): NumberedBlob & SealedEntry {
    const row = this.items.get(sql, blobId)!;
    // A blob that the relay lost goes out again under the number it has.
    const sequence = row.sequence ?? this.items.highestSequence(sql, this.self) + 1;
    const blob = { blobId, kind: row.kind, author: this.self, sequence, body: this.bodyToSeal(sql, row) };
    const payload = seal(blob);
    this.outbox.setPayload(sql, blobId, payload);
    this.items.setSequence(sql, blobId, sequence);
    if (row.deleted) this.items.dropDeletedBody(sql, blobId);
    return { ...blob, payload };
  }

  protected bodyToSeal(sql: Sql, row: ItemRow): Uint8Array {
    if (row.target === null) return row.body!;
    // An own item was queued before its tombstone, so it has its number by now.
    const target = this.items.get(sql, row.target)!;
    return encodeTombstone({ item: target.blobId, author: target.author, sequence: target.sequence! });
  }

  /** The first sealed entry that is not among `excluded`. */
  nextToSend(excluded: ReadonlySet<BlobId>): Promise<NextEntry | null> {
    return this.database.read('next-push', (sql) => {
      const first = this.outbox.firstSealed(sql, excluded.size + 2);
      const [blobId, ...behind] = first.filter((candidate) => !excluded.has(candidate));
      if (blobId === undefined) return null;
      return { blobId, payload: this.outbox.payloadOf(sql, blobId)!, isLast: behind.length === 0 };
    });
  }

  /** The number of an item of this device; null while it has none. */
  sequenceOf(blobId: BlobId): Promise<number | null> {
    return this.database.read('sequence', (sql) => this.items.sequenceOf(sql, blobId));
  }

  /** The relay has the blobs: they leave the outbox, and their cursors count as received. Returns their numbers. */
  acked(acks: readonly Ack[]): Promise<readonly (number | null)[]> {
    return this.database.transaction('push-acked', (sql) => {
      for (const { blobId, cursor } of acks) this.applyAck(sql, blobId, cursor);
      this.settle(sql, 0);
      return acks.map(({ blobId }) => this.items.sequenceOf(sql, blobId));
    });
  }

  protected applyAck(sql: Sql, blobId: BlobId, cursor: number): void {
    this.outbox.remove(sql, blobId);
    // Another than a page named: the relay has dropped the blob meanwhile, and stored it anew.
    this.items.moveTo(sql, blobId, cursor);
  }

  /** The relay will never take it. The item stays here. */
  giveUp(blobId: BlobId, code: string): Promise<void> {
    return this.database.transaction('push-failed', (sql) => this.outbox.markFailed(sql, blobId, code));
  }

  waiting(): Promise<BlobId[]> {
    return this.database.read('outbox', (sql) => this.outbox.list(sql));
  }

  queuedDeletions(): Promise<QueuedDeletion[]> {
    return this.database.read('deletions', (sql) => this.deletions.list(sql));
  }

  deletionTold(target: BlobId): Promise<void> {
    return this.database.transaction('deletion-told', (sql) => this.deletions.remove(sql, target));
  }

  /** The next pages to ask for; none when nothing up to `head` is missing. */
  nextPulls(head: number, pageItems: number): Promise<readonly PullPlan[]> {
    return this.database.read('next-pulls', (sql) => {
      const contiguous = this.cursors.contiguous(sql);
      if (contiguous >= head) return [];
      return planPulls(head, contiguous, this.items.heldBeyond(sql, contiguous, heldCountMax), pageItems);
    });
  }

  contiguous(): Promise<number> {
    return this.database.read('contiguous', (sql) => this.cursors.contiguous(sql));
  }

  /**
   * What may be reported to the relay as delivered. Less than a blob of this device that a page brought and that waits
   * for its answer: what all have, the relay drops, and when the push came again it would be new to it.
   */
  acknowledged(): Promise<number> {
    return this.database.read('acknowledged', (sql) => {
      const held = [this.outstanding.lowest(sql), this.outbox.lowestReturned(sql)].filter((cursor) => cursor !== null);
      return acknowledgedCursor(this.cursors.contiguous(sql), held.length === 0 ? null : Math.min(...held));
    });
  }

  /**
   * One page in one transaction: items, tombstones, outstanding list, vector, cursor. `settledUpTo` is the cursor up to
   * which the answer explains everything.
   */
  applyPage(blobs: readonly PulledBlob[], settledUpTo: number, open: Sealer['open']): Promise<Applied> {
    return this.database.transaction('apply-page', (sql) => {
      const applied = nothingApplied();
      for (const blob of blobs) this.applyBlob(sql, blob, open, applied);
      this.nameHoles(sql, settledUpTo, blobs, applied);
      this.settle(sql, settledUpTo);
      return applied;
    });
  }

  /**
   * The answer to asking again for one outstanding cursor: the blob at that cursor, or null when the relay has none there
   * any more, which makes it a gap with a name.
   */
  applyAsked(cursor: number, blob: PulledBlob | null, open: Sealer['open']): Promise<{ asked: Asked } & Applied> {
    return this.database.transaction('apply-asked', (sql) => {
      const applied = nothingApplied();
      if (!this.outstanding.has(sql, cursor)) return { asked: 'settled', ...applied };
      this.outstanding.countAsked(sql, cursor);
      if (blob !== null) this.applyBlob(sql, blob, open, applied);
      if (applied.refused.length > 0) return { asked: 'refused', ...applied };
      this.outstanding.remove(sql, cursor);
      if (blob !== null) return { asked: 'recovered', ...applied };
      this.cursors.addGap(sql, { from: cursor, to: cursor });
      return { asked: 'gone', ...applied };
    });
  }

  /**
   * Between the last blob of a complete answer and the head nothing is left that could explain a hole: a tombstone lies
   * behind what it deletes, and no number of an author shows that one before it is missing.
   */
  protected nameHoles(sql: Sql, head: number, blobs: readonly PulledBlob[], applied: Applied): void {
    const served = Math.max(this.cursors.contiguous(sql), ...blobs.map(({ cursor }) => cursor));
    if (head <= served) return;
    const held = this.items.heldBeyond(sql, served, heldCountMax).map(({ cursor }) => cursor);
    for (const gap of gapsUpTo(head, served, held)) {
      if (this.cursors.addGap(sql, gap)) applied.gaps.push(gap);
    }
  }

  protected applyBlob(sql: Sql, blob: PulledBlob, open: Sealer['open'], applied: Applied): void {
    const { blobId, cursor } = blob;
    const known = this.items.get(sql, blobId);
    if (known !== null && known.cursor === cursor) {
      if (known.author !== this.self) applied.duplicates += 1;
      return;
    }
    // A known id at another place is opened all the same: a relay may have put it on a blob that is missing here.
    const opened = open(blob);
    if ('refused' in opened) {
      if (known?.deleted === true) return; // Its tombstone explains it, whatever it holds.
      this.outstanding.add(sql, { cursor, blobId, sender: blob.senderId, reason: opened.refused });
      applied.refused.push({ cursor, reason: opened.refused });
      return;
    }
    const { kind, author, sequence, body, tombstone } = opened;
    if (known !== null) {
      this.items.setCursor(sql, blobId, cursor);
      if (author === this.self && known.sequence === null) this.adopt(sql, known, cursor, sequence, applied);
      else if (author === this.self) this.noteReturned(sql, blob, applied);
      else if (!known.deleted) applied.duplicates += 1;
    } else {
      if (this.items.holds(sql, author, sequence)) applied.forks += 1;
      this.insertReceived(sql, {
        blobId,
        kind,
        author,
        sequence,
        cursor,
        target: tombstone?.item ?? null,
        deleted: false,
        body: tombstone === null ? body : null,
      });
      applied.received.push({ item: blobId, cursor, author, sequence });
    }
    if (tombstone !== null) this.applyTombstone(sql, tombstone);
    this.advanceVector(sql, author);
  }

  protected insertReceived(sql: Sql, row: ItemRow): void {
    this.items.insert(sql, row);
  }

  /** What the lost state of this device had sealed and pushed is not sealed a second time. */
  protected adopt(sql: Sql, known: ItemRow, cursor: number, sequence: number, applied: Applied): void {
    this.items.setSequence(sql, known.blobId, sequence);
    this.items.dropDeletedBody(sql, known.blobId);
    this.outbox.remove(sql, known.blobId);
    applied.adopted.push({ item: known.blobId, cursor, sequence });
  }

  /** Other bytes under the id of a blob that waits prove nothing: it stays in the outbox. */
  protected noteReturned(sql: Sql, { blobId, cursor, payload }: PulledBlob, applied: Applied): void {
    const waiting = this.outbox.payloadOf(sql, blobId);
    if (waiting !== null && equalBytes(waiting, payload)) applied.returned.push({ blobId, cursor });
  }

  /** The item loses its body, or will never get one; either way its number counts as held. */
  protected applyTombstone(sql: Sql, { item, author, sequence }: Tombstone): void {
    const target = this.items.get(sql, item);
    if (target === null) {
      const row = { blobId: item, kind: blobKinds.item, author, sequence, cursor: null, target: null };
      this.items.insert(sql, { ...row, deleted: true, body: null });
    } else if (target.kind !== blobKinds.tombstone) {
      this.items.markDeleted(sql, item);
    }
    this.outstanding.removeBlob(sql, item);
    this.advanceVector(sql, author);
  }

  protected advanceVector(sql: Sql, author: DeviceId): void {
    this.vector.advance(sql, author, (sequence) => this.items.holds(sql, author, sequence));
  }

  protected settle(sql: Sql, upTo: number): void {
    const before = this.cursors.contiguous(sql);
    const after = contiguousFrom(Math.max(before, upTo), (cursor) => this.items.isHeldAt(sql, cursor));
    if (after !== before) this.cursors.setContiguous(sql, after);
  }

  /**
   * The relay's head is below what this node has read: the relay went back to an older state. Its cursors mean other
   * blobs from now on, so reading starts again at the beginning; what is held stays.
   */
  startOver(): Promise<void> {
    return this.database.transaction('start-over', (sql) => {
      this.cursors.setContiguous(sql, 0);
      this.cursors.clearGaps(sql);
      this.items.forgetCursors(sql);
      this.outstanding.clear(sql);
    });
  }

  /** Queues what this device pushed once and the relay no longer has; for after everything was read. */
  requeueLost(): Promise<void> {
    return this.database.transaction('requeue-lost', (sql) => {
      for (const blobId of this.items.withoutCursor(sql, this.self)) {
        if (!this.outbox.has(sql, blobId)) this.outbox.append(sql, blobId);
      }
    });
  }

  /** Where blobs must be missing that nothing explains, all of it read already. */
  holes(): Promise<Gap[]> {
    return this.database.read('holes', (sql) => {
      const contiguous = this.cursors.contiguous(sql);
      const outstanding = this.outstanding.list(sql);
      return this.items
        .missingSequences(sql)
        .filter(({ from, to }) => to <= contiguous && !outstanding.some(({ cursor }) => cursor >= from && cursor <= to))
        .slice(0, holeCountMax);
    });
  }

  /** False when the gap had its name already. */
  nameGap(gap: Gap): Promise<boolean> {
    return this.database.transaction('name-gap', (sql) => this.cursors.addGap(sql, gap));
  }

  snapshot(): Promise<Snapshot> {
    return this.database.read('snapshot', (sql) => ({
      pending: this.outbox.count(sql),
      failed: this.outbox.failedCount(sql),
      contiguous: this.cursors.contiguous(sql),
      vector: this.vector.read(sql),
      outstanding: this.outstanding.list(sql),
    }));
  }

  /** Every item, live and deleted, in the order of acceptance. */
  list(): Promise<ItemRow[]> {
    return this.database.read('items', (sql) => this.items.list(sql));
  }

  /** The same without the bodies. */
  outline(): Promise<ItemOutline[]> {
    return this.database.read('items', (sql) => this.items.outline(sql));
  }

  /** Whether the application wants to be connected; kept over restarts. */
  wantsConnection(): Promise<boolean> {
    return this.database.read('wants-connection', (sql) => this.cursors.isMarked(sql, 'wants-connection'));
  }

  setWantsConnection(wants: boolean): Promise<void> {
    return this.database.transaction('set-wants-connection', (sql) =>
      this.cursors.mark(sql, 'wants-connection', wants),
    );
  }
}

/** No more items can wait for the relay. */
export function outboxFull(outboxMax: number): NodeError {
  return new NodeError('OUTBOX_FULL', `${outboxMax} items wait already; connect to a relay first`, { definite: true });
}

function nothingApplied(): Applied {
  return { received: [], refused: [], adopted: [], returned: [], gaps: [], duplicates: 0, forks: 0 };
}
