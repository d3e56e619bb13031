import { describe, expect, test } from '@jest/globals';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concat, toHex, utf8 } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { OpenError, xchachaOpen, xchachaSeal } from './xchacha.ts';

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('XChaCha20-Poly1305', () => {
  // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
  test('the published vector', () => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index);
    const nonce = Uint8Array.from({ length: 24 }, (_, index) => 0x40 + index);
    const associated = bytesOf('50515253c0c1c2c3c4c5c6c7');
    const plaintext = utf8(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const sealed = xchachaSeal(key, nonce, associated, plaintext);
    expect(toHex(sealed)).toBe(
      `${toHex(nonce)}bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39` +
        'ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9' +
        '768812f615c68b13b52ec0875924c1c7987947deafd8780acf49',
    );
    expect(toHex(xchachaOpen(key, nonce, associated, sealed.subarray(24)))).toBe(toHex(plaintext));
  });

  test('parts are sealed as if joined, the same as by an independent implementation', () => {
    const prng = new Prng('xchacha');
    for (let round = 0; round < 50; round += 1) {
      const [key, nonce, associated] = [prng.bytes(32), prng.bytes(24), prng.bytes(prng.below(100))];
      const parts = [prng.bytes(prng.below(50)), prng.bytes(prng.below(500))];
      const expected = xchacha20poly1305(key, nonce, associated).encrypt(concat(...parts));
      expect(toHex(xchachaSeal(key, nonce, associated, ...parts))).toBe(toHex(concat(nonce, expected)));
      expect(toHex(xchachaOpen(key, nonce, associated, expected))).toBe(toHex(concat(...parts)));
    }
  });

  test('whatever is wrong, the words are the same', () => {
    const prng = new Prng('wrong');
    const [key, nonce, associated] = [prng.bytes(32), prng.bytes(24), prng.bytes(10)];
    const sealed = xchachaSeal(key, nonce, associated, prng.bytes(20)).subarray(24);
    const wrong = [
      () => xchachaOpen(prng.bytes(32), nonce, associated, sealed),
      () => xchachaOpen(key, prng.bytes(24), associated, sealed),
      () => xchachaOpen(key, nonce.subarray(1), associated, sealed),
      () => xchachaOpen(key, nonce, prng.bytes(10), sealed),
      () => xchachaOpen(key, nonce, associated, sealed.with(0, sealed[0]! ^ 1)),
      () => xchachaOpen(key, nonce, associated, sealed.with(35, sealed[35]! ^ 0x80)),
      () => xchachaOpen(key, nonce, associated, sealed.subarray(0, 15)),
      () => xchachaOpen(key, nonce, associated, new Uint8Array(0)),
    ];
    for (const work of wrong) {
      expect(work).toThrow(OpenError);
      expect(work).toThrow(/^sealed data could not be opened$/);
    }
  });
});
