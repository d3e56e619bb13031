import { describe, expect, test } from '@jest/globals';
import { blobKinds, blobOverheadBytes, limits } from '../../contract/wire.ts';
import { concat, toHex, utf8 } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { blobIdFromBytes, bytesOfBlobId, bytesOfId, deviceIdFromBytes, groupIdFromBytes } from './ids.ts';
import { OpenError, openBlob, openName, sealBlob, sealName } from './seal.ts';
import { xchachaSeal } from './xchacha.ts';

const prng = new Prng('seal');
const key = prng.bytes(32);
const author = deviceIdFromBytes(prng.bytes(32));
const place = {
  groupId: groupIdFromBytes(prng.bytes(32)),
  senderId: author,
  blobId: blobIdFromBytes(prng.bytes(16)),
};
const header = { kind: blobKinds.item, author, sequence: 5 };
const placeBytes = concat(
  utf8('0k-sync-blob-v1'),
  bytesOfId(place.groupId),
  bytesOfId(place.senderId),
  bytesOfBlobId(place.blobId),
);

describe('blobs', () => {
  test.each([0, 1, 1024, limits.blobBodyBytesMax])(
    'a body of %i bytes goes there and back, 82 bytes longer',
    (length) => {
      const body = prng.bytes(length);
      const sealed = sealBlob(key, place, header, body, prng.bytes(24));
      expect(sealed).toHaveLength(length + blobOverheadBytes);
      const opened = openBlob(key, place, sealed);
      expect(opened).toMatchObject(header);
      expect(toHex(opened.body)).toBe(toHex(body));
    },
  );

  test('the header is format, kind, author and sequence, in front of the body', () => {
    const nonce = prng.bytes(24);
    const largest = { kind: 4, author, sequence: Number.MAX_SAFE_INTEGER };
    const plaintext = concat(
      Uint8Array.of(1, 4),
      bytesOfId(author),
      Uint8Array.of(0, 31, 255, 255, 255, 255, 255, 255),
    );
    expect(toHex(sealBlob(key, place, largest, utf8('body'), nonce))).toBe(
      toHex(xchachaSeal(key, nonce, placeBytes, plaintext, utf8('body'))),
    );
  });

  test('a kind of a later version is kept', () => {
    const sealed = sealBlob(key, place, { ...header, kind: 200 }, utf8('x'), prng.bytes(24));
    expect(openBlob(key, place, sealed).kind).toBe(200);
  });

  test.each(['groupId', 'senderId', 'blobId'] as const)('under another %s it does not open', (name) => {
    const sealed = sealBlob(key, place, header, utf8('x'), prng.bytes(24));
    const other = {
      groupId: groupIdFromBytes(prng.bytes(32)),
      senderId: deviceIdFromBytes(prng.bytes(32)),
      blobId: blobIdFromBytes(prng.bytes(16)),
    };
    expect(() => openBlob(key, { ...place, [name]: other[name] }, sealed)).toThrow(OpenError);
  });

  test('every length of a cut blob and every flipped byte is refused with the same words', () => {
    const sealed = sealBlob(key, place, header, prng.bytes(18), prng.bytes(24));
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => openBlob(key, place, sealed.subarray(0, length))).toThrow(/^sealed data could not be opened$/);
    }
    for (let index = 0; index < sealed.length; index += 1) {
      const flipped = sealed.with(index, sealed[index]! ^ (1 << (index % 8)));
      expect(() => openBlob(key, place, flipped)).toThrow(/^sealed data could not be opened$/);
    }
  });

  test.each([
    { what: 'no header', plaintext: new Uint8Array(41) },
    { what: 'another format', plaintext: concat(Uint8Array.of(2), new Uint8Array(40), Uint8Array.of(1)) },
    { what: 'sequence 0', plaintext: concat(Uint8Array.of(1), new Uint8Array(41)) },
    {
      what: 'a sequence beyond 2^53-1',
      plaintext: concat(Uint8Array.of(1), new Uint8Array(33), Uint8Array.of(0, 32, 0, 0, 0, 0, 0, 0)),
    },
  ])('well sealed with $what is refused too', ({ plaintext }) => {
    expect(() => openBlob(key, place, xchachaSeal(key, prng.bytes(24), placeBytes, plaintext))).toThrow(OpenError);
  });

  test('random bytes of any length are refused', () => {
    for (let round = 0; round < 3000; round += 1) {
      expect(() => openBlob(key, place, prng.bytes(prng.below(200)))).toThrow(OpenError);
    }
  });

  test('what must not be sealed is our own bug', () => {
    const nonce = prng.bytes(24);
    const seal = (change: object) => sealBlob(key, place, { ...header, ...change }, utf8('x'), nonce);
    expect(() => seal({ sequence: 0 })).toThrow("an author's sequence starts at 1");
    expect(() => seal({ kind: 256 })).toThrow('the kind of a blob is a byte');
    expect(() => sealBlob(key, place, header, new Uint8Array(limits.blobBodyBytesMax + 1), nonce)).toThrow('at most');
    expect(() => sealBlob(key, place, header, utf8('x'), nonce.subarray(1))).toThrow('a sealing nonce has 24 bytes');
  });
});

describe('names', () => {
  const { groupId } = place;

  test.each(['', 'laptop', 'Küche 🏠', '\ufeffmarked'])('%j goes there and back', (name) => {
    const sealed = sealName(key, groupId, author, name, prng.bytes(24));
    expect(sealed).toHaveLength(40 + utf8(name).length);
    expect(openName(key, groupId, author, sealed)).toBe(name);
  });

  test('a long name is cut to 256 characters, never inside one', () => {
    const name = '🏠'.repeat(300);
    expect(openName(key, groupId, author, sealName(key, groupId, author, name, prng.bytes(24)))).toBe('🏠'.repeat(256));
  });

  test('it opens for its own device and group only, and never as something else', () => {
    const sealed = sealName(key, groupId, author, 'laptop', prng.bytes(24));
    expect(() => openName(key, groupId, deviceIdFromBytes(prng.bytes(32)), sealed)).toThrow(OpenError);
    expect(() => openName(key, groupIdFromBytes(prng.bytes(32)), author, sealed)).toThrow(OpenError);
    expect(() => openBlob(key, place, sealed)).toThrow(OpenError);
  });

  test('sealed bytes that are not UTF-8 are refused', () => {
    const associated = concat(utf8('0k-sync-device-name-v1'), bytesOfId(groupId), bytesOfId(author));
    const sealed = xchachaSeal(key, prng.bytes(24), associated, Uint8Array.of(0xc3, 0x28));
    expect(() => openName(key, groupId, author, sealed)).toThrow(OpenError);
  });
});
