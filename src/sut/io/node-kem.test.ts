import { expect, test } from '@jest/globals';
import { toHex } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { seededKem } from '../core/kem.ts';
import { nodeKem } from './node-kem.ts';

const prng = new Prng('node-kem');

test('what it encapsulates, either implementation opens', () => {
  const keypair = nodeKem.keypairFromSeed(prng.bytes(64));
  const { ciphertext, sharedSecret } = nodeKem.encapsulate(keypair.publicKey, prng.bytes(32));
  expect([ciphertext.length, sharedSecret.length]).toEqual([1088, 32]);
  expect(toHex(seededKem.decapsulate(keypair, ciphertext))).toBe(toHex(sharedSecret));
});

test('the coins handed in are ignored: two encapsulations with the same ones differ', () => {
  const { publicKey } = nodeKem.keypairFromSeed(prng.bytes(64));
  const coins = prng.bytes(32);
  expect(toHex(nodeKem.encapsulate(publicKey, coins).ciphertext)).not.toBe(
    toHex(nodeKem.encapsulate(publicKey, coins).ciphertext),
  );
});
