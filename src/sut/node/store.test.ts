import { beforeEach, expect, test } from '@jest/globals';
import { blobKinds } from '../../contract/wire.ts';
import { type BlobId, blobIdFromBytes, type DeviceId, deviceIdFromBytes } from '../core/ids.ts';
import type { PulledBlob } from '../core/messages.ts';
import { decodeTombstone, encodeTombstone } from '../core/tombstone.ts';
import type { Sql } from '../io/database.ts';
import { sqliteDatabaseAt } from '../io/sqlite-database.ts';
import { nodeSchema } from './schema.ts';
import type { Sealer } from './sealer.ts';
import { NodeStore } from './store.ts';

const self = device(1);
const other = device(2);
let store: NodeStore;

beforeEach(() => {
  store = new NodeStore(sqliteDatabaseAt(':memory:')(nodeSchema), self);
});

test('an item is accepted with its outbox entry or not at all', async () => {
  expect(await store.accept([item(1), item(2)], 1)).toEqual([true, false]);
  expect(await store.accept([item(3)], 1)).toEqual([false]);
  expect(await ids()).toEqual([blob(1)]);
  expect(await store.waiting()).toEqual([blob(1)]);
});

test('numbers and vector grow with the seal, in the order of acceptance', async () => {
  await store.accept([5, 3, 4].map(item), 10);
  expect((await store.snapshot()).vector).toEqual(new Map());
  expect(await store.sealNext(2, seal)).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);
  expect(await store.sealNext(2, seal)).toMatchObject([{ sequence: 3 }]);
  expect(await store.sealNext(2, seal)).toEqual([]);
  expect((await store.snapshot()).vector).toEqual(new Map([[self, 3]]));
  expect((await store.nextToSend(new Set()))?.blobId).toBe(blob(5));
  expect((await store.nextToSend(new Set([blob(5), blob(3)])))?.blobId).toBe(blob(4));
});

test('an acknowledgement empties the outbox and counts as received only when nothing is missing before it', async () => {
  await store.accept([1, 2].map(item), 10);
  await store.sealNext(2, seal);
  expect(await store.acked([{ blobId: blob(2), cursor: 3 }])).toEqual([2]);
  expect(await store.contiguous()).toBe(0);
  expect(await store.acked([{ blobId: blob(1), cursor: 1 }])).toEqual([1]);
  expect(await store.contiguous()).toBe(1);
  await store.applyPage([served(7, 2)], 2, open);
  expect(await store.contiguous()).toBe(3);
});

test('a blob that waits is named when it comes back byte for byte, and stays until it is acknowledged', async () => {
  await store.accept([1, 2].map(item), 10);
  await store.sealNext(2, (blob) => Uint8Array.of(blobKinds.item, blob.sequence, 7, 7));
  const page = [served(1, 1, { author: self }), pulled(2, 2, self, Uint8Array.of(blobKinds.item, 2, 7, 8))];
  expect((await store.applyPage(page, 2, open)).returned).toEqual([{ blobId: blob(1), cursor: 1 }]);
  expect(await store.waiting()).toEqual([blob(1), blob(2)]);
});

test('while a push waits for its answer its blob is not reported as delivered, though a page brought it', async () => {
  await store.accept([1, 2].map(item), 10);
  await store.sealNext(2, (blob) => Uint8Array.of(blobKinds.item, blob.sequence, 7, 7));
  const page = [served(8, 1), served(1, 2, { author: self }), served(9, 3, { sequence: 2 })];
  await store.applyPage(page, 3, open);
  expect([await store.contiguous(), await store.acknowledged()]).toEqual([3, 1]);
  await store.acked([{ blobId: blob(1), cursor: 2 }]);
  expect(await store.acknowledged()).toBe(3);
});

test('a blob that will never be sent again holds no acknowledgement back', async () => {
  await store.accept([item(1)], 10);
  await store.sealNext(1, (blob) => Uint8Array.of(blobKinds.item, blob.sequence, 7, 7));
  await store.applyPage([served(1, 1, { author: self })], 1, open);
  expect(await store.acknowledged()).toBe(0);
  await store.giveUp(blob(1), 'INVALID_MESSAGE');
  expect(await store.acknowledged()).toBe(1);
});

test('a blob that the relay had to store anew counts as received where it is now', async () => {
  await store.accept([item(1)], 10);
  await store.sealNext(1, (blob) => Uint8Array.of(blobKinds.item, blob.sequence, 7, 7));
  await store.applyPage([served(1, 1, { author: self }), served(8, 2)], 2, open);
  await store.acked([{ blobId: blob(1), cursor: 3 }]);
  expect([await store.contiguous(), await store.acknowledged()]).toEqual([3, 3]);
});

test('a page is applied once, however often it comes', async () => {
  const page = [served(1, 1), served(2, 2)];
  expect((await store.applyPage(page, 2, open)).received).toHaveLength(2);
  expect(await store.applyPage(page, 2, open)).toMatchObject({ received: [], duplicates: 2 });
  expect(await ids()).toEqual([blob(1), blob(2)]);
});

test.each([
  { says: 'nothing held', sequences: [], vector: 0 },
  { says: 'a run', sequences: [1, 2, 3], vector: 3 },
  { says: 'a hole', sequences: [1, 3, 4], vector: 1 },
  { says: 'a hole that is filled late', sequences: [3, 2, 1], vector: 3 },
])('the vector with $says ends at $vector', async ({ sequences, vector }) => {
  for (const [index, sequence] of sequences.entries()) {
    await store.applyPage([served(sequence, index + 1, { sequence })], index + 1, open);
  }
  expect((await store.snapshot()).vector.get(other) ?? 0).toBe(vector);
});

test('a refused blob is listed, not counted, and holds the acknowledgement back while the cursor goes on', async () => {
  await store.applyPage([served(1, 1), bad(2, 2), served(3, 3)], 3, open);
  expect(await store.snapshot()).toMatchObject({
    contiguous: 3,
    outstanding: [{ cursor: 2, blobId: blob(2), asked: 0 }],
  });
  expect((await store.snapshot()).vector.get(other)).toBe(1);
  expect(await store.acknowledged()).toBe(1);
});

test.each([
  { says: 'is good now', answer: () => served(2, 2), asked: 'recovered', left: 0, vector: 3 },
  { says: 'is still bad', answer: () => bad(2, 2), asked: 'refused', left: 1, vector: 1 },
  { says: 'is gone', answer: () => null, asked: 'gone', left: 0, vector: 1 },
])('an outstanding blob that $says: $asked', async ({ answer, asked, left, vector }) => {
  await store.applyPage([served(1, 1), bad(2, 2), served(3, 3)], 3, open);
  expect((await store.applyAsked(2, answer(), open)).asked).toBe(asked);
  const after = await store.snapshot();
  expect(after.outstanding).toHaveLength(left);
  expect(after.vector.get(other)).toBe(vector);
});

test('an id that is held is no excuse for another blob under it', async () => {
  await store.applyPage([served(1, 1)], 1, open);
  const relabelled = { ...bad(2, 2), blobId: blob(1) };
  expect((await store.applyPage([relabelled], 2, open)).refused).toMatchObject([{ cursor: 2 }]);
});

test('a tombstone removes the body, and wins over an item that comes after it', async () => {
  await store.applyPage([served(1, 1)], 1, open);
  await store.applyPage([tombstone(8, 4, { of: 1, sequence: 3 }), tombstone(9, 5, { of: 2, sequence: 4 })], 5, open);
  await store.applyPage([served(2, 2)], 5, open);
  expect(await store.list()).toMatchObject([
    { blobId: blob(1), deleted: true, body: null },
    { blobId: blob(2), deleted: true, body: null, sequence: 2 },
  ]);
  expect((await store.snapshot()).vector.get(other)).toBe(4);
});

test('an item that a tombstone names leaves the outstanding list', async () => {
  await store.applyPage([bad(2, 2), tombstone(9, 3, { of: 2, sequence: 1 })], 3, open);
  expect((await store.snapshot()).outstanding).toEqual([]);
});

test('a deletion keeps the item’s row, is asked of the relay only after its tombstone, and happens once', async () => {
  await store.applyPage([served(1, 1)], 1, open);
  const deletion = { target: blob(1), tombstone: blob(50), force: false };
  expect(await store.acceptDeletion(deletion, 10)).toBe(blob(50));
  expect(await store.acceptDeletion({ ...deletion, tombstone: blob(51) }, 10)).toBe(blob(50));
  expect(await store.list()).toMatchObject([{ blobId: blob(1), deleted: true, body: null }]);
  const [sealed] = await store.sealNext(1, seal);
  expect(decodeTombstone(sealed!.body)).toEqual({ item: blob(1), author: other, sequence: 1 });
  expect(await store.queuedDeletions()).toEqual([{ target: blob(1), force: false, isDue: false }]);
  await store.acked([{ blobId: blob(50), cursor: 2 }]);
  expect(await store.queuedDeletions()).toEqual([{ target: blob(1), force: false, isDue: true }]);
  await store.deletionTold(blob(1));
  expect(await store.queuedDeletions()).toEqual([]);
});

test.each([
  { says: 'an unknown item', target: 7, force: false, code: 'NOT_FOUND' },
  { says: 'another’s item by force', target: 1, force: true, code: 'NOT_BLOB_OWNER' },
])('deleting $says is refused', async ({ target, force, code }) => {
  await store.applyPage([served(1, 1)], 1, open);
  const deletion = { target: blob(target), tombstone: blob(50), force };
  await expect(store.acceptDeletion(deletion, 10)).rejects.toMatchObject({ code });
});

test('nothing is numbered while an own blob from a lost state cannot be read', async () => {
  await store.accept([item(1)], 10);
  await store.applyPage([{ ...bad(2, 1), senderId: self }], 1, open);
  expect(await store.sealNext(1, seal)).toEqual([]);
  await store.applyAsked(1, served(2, 1, { sequence: 6, author: self }), open);
  expect(await store.sealNext(1, seal)).toMatchObject([{ sequence: 7 }]);
});

test('two blobs under one number of one author are both kept and told', async () => {
  await store.applyPage([served(1, 1)], 1, open);
  expect((await store.applyPage([served(2, 2, { sequence: 1 })], 2, open)).forks).toBe(1);
  expect(await ids()).toEqual([blob(1), blob(2)]);
});

test('a hole is where a number is missing that nothing explains', async () => {
  await store.applyPage([served(1, 1), bad(2, 2), served(3, 3), served(6, 9)], 9, open);
  expect(await store.holes()).toEqual([{ from: 4, to: 8 }]);
});

test('after the relay went back everything is read again and nothing held is lost', async () => {
  await store.accept([item(1)], 10);
  await store.sealNext(1, seal);
  await store.acked([{ blobId: blob(1), cursor: 1 }]);
  await store.applyPage([served(2, 2, { sequence: 1 })], 2, open);
  await store.startOver();
  expect(await store.contiguous()).toBe(0);
  await store.applyPage([served(2, 1, { sequence: 1 })], 1, open);
  await store.requeueLost();
  expect(await store.waiting()).toEqual([blob(1)]);
  expect(await store.sealNext(1, seal)).toMatchObject([{ sequence: 1 }]);
});

test('a table can be exchanged', async () => {
  class DeafStore extends NodeStore {
    protected override settle(_sql: Sql, _upTo: number): void {}
  }
  const deaf = new DeafStore(sqliteDatabaseAt(':memory:')(nodeSchema), self);
  await deaf.applyPage([served(1, 1)], 1, open);
  expect(await deaf.contiguous()).toBe(0);
});

/** A seal that everybody can read: kind, author's last byte, number; damaged when it is empty. */
const seal: Sealer['seal'] = ({ body }) => body;
const open: Sealer['open'] = ({ payload, senderId }) => {
  if (payload.length === 0) return { refused: 'authentication' };
  const [kind, sequence] = payload;
  const body = payload.subarray(2);
  const isTombstone = kind === blobKinds.tombstone;
  return {
    kind: kind!,
    author: senderId,
    sequence: sequence!,
    body,
    tombstone: isTombstone ? decodeTombstone(body) : null,
  };
};

function served(n: number, cursor: number, { sequence = n, author = other } = {}): PulledBlob {
  return pulled(n, cursor, author, Uint8Array.of(blobKinds.item, sequence, 7, 7));
}

function bad(n: number, cursor: number): PulledBlob {
  return pulled(n, cursor, other, new Uint8Array(0));
}

function tombstone(n: number, cursor: number, { of, sequence }: { of: number; sequence: number }): PulledBlob {
  const body = encodeTombstone({ item: blob(of), author: other, sequence: of });
  return pulled(n, cursor, other, Uint8Array.of(blobKinds.tombstone, sequence, ...body));
}

function pulled(n: number, cursor: number, senderId: DeviceId, payload: Uint8Array): PulledBlob {
  return { blobId: blob(n), cursor, senderId, payload, timestamp: 0 };
}

function item(n: number): { blobId: BlobId; kind: number; body: Uint8Array } {
  return { blobId: blob(n), kind: blobKinds.item, body: Uint8Array.of(n) };
}

function blob(n: number): BlobId {
  return blobIdFromBytes(new Uint8Array(16).fill(n));
}

function device(n: number): DeviceId {
  return deviceIdFromBytes(new Uint8Array(32).fill(n));
}

async function ids(): Promise<BlobId[]> {
  return (await store.list()).map(({ blobId }) => blobId);
}
