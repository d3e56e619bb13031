import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import {
  type BlobId,
  blobIdFromBytes,
  blobIdFromRandom,
  bytesOfBlobId,
  bytesOfId,
  decodeBase64Url,
  deviceIdFromBytes,
  encodeBase64Url,
  groupIdOf,
  IdError,
  parseBlobId,
  parseDeviceId,
  relayIdOf,
  shortId,
} from './ids.ts';

const prng = new Prng('ids');

describe('ids of 32 bytes', () => {
  test('bytes and text name the same id', () => {
    for (let round = 0; round < 100; round += 1) {
      const bytes = prng.bytes(32);
      const id = deviceIdFromBytes(bytes);
      expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect([...bytesOfId(id)]).toEqual([...bytes]);
      expect(parseDeviceId(id)).toBe(id);
    }
  });

  const good = deviceIdFromBytes(new Uint8Array(32).fill(0xff));
  test.each([
    { when: 'too short', text: good.slice(1) },
    { when: 'too long', text: `${good}A` },
    { when: 'padded', text: `${good.slice(0, 42)}=` },
    { when: 'in the other alphabet', text: `+/${good.slice(2)}` },
    { when: 'with stray bits at the end', text: `${good.slice(0, 42)}9` },
    { when: 'with a space inside', text: `${good.slice(0, 20)} ${good.slice(21)}` },
    { when: 'empty', text: '' },
  ])('text that is $when is refused', ({ text }) => {
    expect(() => parseDeviceId(text)).toThrow(IdError);
  });

  test('the error names the kind and no contents', () => {
    expect(() => parseDeviceId(`${good.slice(0, 42)}9`)).toThrow(/^device id: expected base64url without padding$/);
    expect(() => deviceIdFromBytes(new Uint8Array(31))).toThrow('device id: expected 32 bytes, got 31');
  });

  test('a group id is the labelled hash of the secret', () => {
    const secret = prng.bytes(32);
    const expected = createHash('sha256').update('0k-sync-group-id-v1').update(secret).digest('base64url');
    expect(groupIdOf(secret)).toBe(expected);
  });

  test('a relay id commits to both keys', () => {
    const [dh, kem] = [prng.bytes(32), prng.bytes(1184)];
    const expected = createHash('sha256').update('0k-sync-relay-id-v1').update(dh).update(kem).digest('base64url');
    expect(relayIdOf(dh, kem)).toBe(expected);
    expect(relayIdOf(prng.bytes(32), kem)).not.toBe(expected);
    expect(relayIdOf(dh, prng.bytes(1184))).not.toBe(expected);
  });
});

describe('blob ids', () => {
  test('bytes and UUID text name the same id', () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, index) => index * 16 + index);
    expect(blobIdFromBytes(bytes)).toBe('00112233-4455-6677-8899-aabbccddeeff');
    expect([...bytesOfBlobId('00112233-4455-6677-8899-aabbccddeeff' as BlobId)]).toEqual([...bytes]);
  });

  test('new ones are UUID version 4', () => {
    for (let round = 0; round < 50; round += 1) {
      expect(blobIdFromRandom(prng.bytes(16))).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }
  });

  test.each([
    '',
    '00112233445566778899aabbccddeeff',
    '00112233-4455-6677-8899-AABBCCDDEEFF',
    '00112233-4455-6677-8899-aabbccddeefg',
  ])('text %p is refused', (text) => {
    expect(() => parseBlobId(text)).toThrow(IdError);
  });
});

test('base64url of any length goes both ways', () => {
  for (let length = 0; length < 70; length += 1) {
    const bytes = prng.bytes(length);
    expect([...decodeBase64Url('value', encodeBase64Url(bytes))]).toEqual([...bytes]);
  }
});

test('debug text shows at most eight characters', () => {
  expect(shortId(deviceIdFromBytes(prng.bytes(32)))).toHaveLength(8);
});
