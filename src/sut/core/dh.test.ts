import { describe, expect, test } from '@jest/globals';
import { x25519 as twin } from '@noble/curves/ed25519.js';
import { toHex } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { x25519 } from './dh.ts';

const prng = new Prng('dh');
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('X25519', () => {
  // RFC 7748, section 5.2.
  test.each([
    {
      scalar: 'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      point: 'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      result: 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    },
  ])('published vector $result', ({ scalar, point, result }) => {
    expect(toHex(x25519.agree(x25519.keypairFromSecret(bytesOf(scalar)), bytesOf(point)))).toBe(result);
  });

  test('keys and agreement equal those of an independent implementation', () => {
    for (let round = 0; round < 5; round += 1) {
      const [ours, theirs] = [prng.bytes(32), prng.bytes(32)];
      const keypair = x25519.keypairFromSecret(ours);
      const remote = twin.getPublicKey(theirs);
      expect(toHex(keypair.publicKey)).toBe(toHex(twin.getPublicKey(ours)));
      expect(toHex(x25519.agree(keypair, remote))).toBe(toHex(twin.getSharedSecret(ours, remote)));
    }
  });

  // Points of small order: every agreement with them is all zeros.
  test.each([
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ])('the point %s of small order is refused', (point) => {
    expect(() => x25519.agree(x25519.keypairFromSecret(prng.bytes(32)), bytesOf(point))).toThrow();
  });
});
