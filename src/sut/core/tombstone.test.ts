import { expect, test } from '@jest/globals';
import { blobIdFromBytes, deviceIdFromBytes } from './ids.ts';
import { decodeTombstone, encodeTombstone, tombstoneBytes } from './tombstone.ts';

const tombstone = {
  item: blobIdFromBytes(new Uint8Array(16).fill(3)),
  author: deviceIdFromBytes(new Uint8Array(32).fill(4)),
  sequence: 2 ** 40 + 5,
};

test('what a tombstone names comes back', () => {
  expect(encodeTombstone(tombstone)).toHaveLength(tombstoneBytes);
  expect(decodeTombstone(encodeTombstone(tombstone))).toEqual(tombstone);
});

test.each([
  { says: 'empty', body: new Uint8Array(0) },
  { says: 'one byte short', body: encodeTombstone(tombstone).subarray(1) },
  { says: 'one byte long', body: new Uint8Array([...encodeTombstone(tombstone), 0]) },
  { says: 'with number 0', body: encodeTombstone({ ...tombstone, sequence: 0 }) },
  { says: 'with a number too large', body: encodeTombstone(tombstone).fill(0xff, 48) },
])('a body that is $says is none', ({ body }) => {
  expect(decodeTombstone(body)).toBeNull();
});
