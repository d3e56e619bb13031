import { describe, expect, test } from '@jest/globals';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, toHex, utf8 } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { blobIdFromBytes } from './ids.ts';
import { argon2ParametersFor, checkArgon2Parameters, contentKeyOf, groupKeysOf, KeyParameterError } from './keys.ts';

const prng = new Prng('keys');

describe('derived keys', () => {
  const secret = prng.bytes(32);

  test('group keys follow their labels, as an independent HKDF computes them', () => {
    const keys = groupKeysOf(secret);
    const salt = utf8('0k-sync-group-key-v1');
    expect(toHex(keys.encryption)).toBe(toHex(hkdf(sha256, secret, salt, utf8('encryption'), 32)));
    expect(toHex(keys.authentication)).toBe(toHex(hkdf(sha256, secret, salt, utf8('authentication'), 32)));
  });

  test('a content key belongs to its blob', () => {
    const bytes = prng.bytes(16);
    const info = concat(bytes, utf8('content-encryption'));
    const key = contentKeyOf(secret, blobIdFromBytes(bytes));
    expect(toHex(key)).toBe(toHex(hkdf(sha256, secret, utf8('0k-sync-content-v1'), info, 32)));
    expect(toHex(contentKeyOf(secret, blobIdFromBytes(prng.bytes(16))))).not.toBe(toHex(key));
  });
});

describe('Argon2id parameters', () => {
  test.each([
    { ramMB: 512, memoryKiB: 19_456, passes: 2 },
    { ramMB: 3999, memoryKiB: 19_456, passes: 2 },
    { ramMB: 4000, memoryKiB: 47_104, passes: 1 },
    { ramMB: 7999, memoryKiB: 47_104, passes: 1 },
    { ramMB: 8000, memoryKiB: 65_536, passes: 3 },
    { ramMB: 64_000, memoryKiB: 65_536, passes: 3 },
  ])('$ramMB MB of memory: $memoryKiB KiB, $passes passes', ({ ramMB, memoryKiB, passes }) => {
    const chosen = argon2ParametersFor(ramMB);
    expect(chosen).toEqual({ memoryKiB, passes, parallelism: 1 });
    expect(() => checkArgon2Parameters(chosen)).not.toThrow();
  });

  test.each([
    [19_456, 2, 1],
    [47_104, 1, 1],
    [262_144, 10, 1],
  ])('%i KiB, %i passes, parallelism %i is accepted when joining', (memoryKiB, passes, parallelism) => {
    expect(() => checkArgon2Parameters({ memoryKiB, passes, parallelism })).not.toThrow();
  });

  test.each([
    [19_455, 2, 1],
    [19_456, 1, 1],
    [47_103, 1, 1],
    [12_288, 3, 1],
    [262_145, 3, 1],
    [65_536, 11, 1],
    [65_536, 0, 1],
    [65_536, 3, 2],
    [65_536, 3, 0],
    [65_536.5, 3, 1],
    [Number.NaN, 3, 1],
  ])('%p KiB, %p passes, parallelism %p is refused', (memoryKiB, passes, parallelism) => {
    expect(() => checkArgon2Parameters({ memoryKiB, passes, parallelism })).toThrow(KeyParameterError);
  });
});
