import { describe, expect, test } from '@jest/globals';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { toHex } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { isKemPublicKey, seededKem } from './kem.ts';

const prng = new Prng('kem');

describe('seeded ML-KEM-768', () => {
  test('keys, ciphertexts and secrets equal those of an independent implementation', () => {
    for (let round = 0; round < 10; round += 1) {
      const [seed, coins] = [prng.bytes(64), prng.bytes(32)];
      const twin = ml_kem768.keygen(seed);
      const keypair = seededKem.keypairFromSeed(seed);
      expect(toHex(keypair.publicKey)).toBe(toHex(twin.publicKey));

      const { ciphertext, sharedSecret } = seededKem.encapsulate(keypair.publicKey, coins);
      const expected = ml_kem768.encapsulate(twin.publicKey, coins);
      expect(toHex(ciphertext)).toBe(toHex(expected.cipherText));
      expect(toHex(sharedSecret)).toBe(toHex(expected.sharedSecret));
      expect(toHex(seededKem.decapsulate(keypair, ciphertext))).toBe(toHex(sharedSecret));
    }
  });

  test('the same key and coins give the same ciphertext, before and after many other keys', () => {
    const { publicKey } = seededKem.keypairFromSeed(prng.bytes(64));
    const coins = prng.bytes(32);
    const first = toHex(seededKem.encapsulate(publicKey, coins).ciphertext);
    for (let round = 0; round < 70; round += 1) {
      seededKem.encapsulate(seededKem.keypairFromSeed(prng.bytes(64)).publicKey, coins);
    }
    expect(toHex(seededKem.encapsulate(publicKey, coins).ciphertext)).toBe(first);
  });

  test('a damaged ciphertext gives another secret and no error', () => {
    const keypair = seededKem.keypairFromSeed(prng.bytes(64));
    const { ciphertext, sharedSecret } = seededKem.encapsulate(keypair.publicKey, prng.bytes(32));
    ciphertext[500]! ^= 1;
    expect(toHex(seededKem.decapsulate(keypair, ciphertext))).not.toBe(toHex(sharedSecret));
  });

  test('a seed of the wrong length is our own bug', () => {
    expect(() => seededKem.keypairFromSeed(prng.bytes(63))).toThrow('an ML-KEM-768 seed has 64 bytes (got 63)');
  });
});

describe('the modulus check', () => {
  const { publicKey } = seededKem.keypairFromSeed(prng.bytes(64));

  test('a real key passes', () => {
    expect(isKemPublicKey(publicKey)).toBe(true);
  });

  test.each([0, 1183, 1185, 2368])('a key of %i bytes does not', (length) => {
    expect(isKemPublicKey(new Uint8Array(length))).toBe(false);
  });

  test.each([
    { when: 'the low coefficient is q', bytes: [0x01, 0x0d, 0x00], isGood: false },
    { when: 'the high coefficient is q', bytes: [0x00, 0x10, 0xd0], isGood: false },
    { when: 'both are q - 1', bytes: [0x00, 0x0d, 0xd0], isGood: true },
  ])('$when: $isGood', ({ bytes, isGood }) => {
    for (const offset of [0, 3, 1149]) {
      const key = Uint8Array.from(publicKey);
      key.set(bytes, offset);
      expect(isKemPublicKey(key)).toBe(isGood);
    }
  });

  test('the seed at the end may be anything', () => {
    const key = Uint8Array.from(publicKey);
    key.fill(0xff, 1152);
    expect(isKemPublicKey(key)).toBe(true);
  });
});
