import { describe, expect, test } from '@jest/globals';
import { blake2s as twin } from '@noble/hashes/blake2.js';
import { hmac } from '@noble/hashes/hmac.js';
import { concat, toHex, utf8 } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { blake2s, hkdf2, hkdf3 } from './hash.ts';

const prng = new Prng('hash');

test('BLAKE2s: the published vector for "abc" (RFC 7693, appendix B)', () => {
  expect(toHex(blake2s(utf8('abc')))).toBe('508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982');
});

describe('HKDF', () => {
  test.each([0, 32, 64, 1088])('equals the three HMAC steps of the specification for %i bytes of input', (length) => {
    const [chainingKey, input] = [prng.bytes(32), prng.bytes(length)];
    const temporary = hmac(twin, chainingKey, input);
    const first = hmac(twin, temporary, Uint8Array.of(1));
    const second = hmac(twin, temporary, concat(first, Uint8Array.of(2)));
    const third = hmac(twin, temporary, concat(second, Uint8Array.of(3)));
    expect(hkdf2(chainingKey, input).map(toHex)).toEqual([first, second].map(toHex));
    expect(hkdf3(chainingKey, input).map(toHex)).toEqual([first, second, third].map(toHex));
  });
});
