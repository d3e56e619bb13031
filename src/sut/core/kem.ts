import { createPrivateKey, createPublicKey, type KeyObject, decapsulate as nodeDecapsulate } from 'node:crypto';
import { type KEMPrepared, ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { kemPublicKeyBytes, kemSeedBytes } from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';
import { concat, toBase64Url } from '../../support/bytes.ts';

/** ML-KEM-768 (FIPS 203). Two implementations differ in where the coins of an encapsulation come from. */
export interface Kem {
  /** `seed` is 64 bytes, d ‖ z. */
  keypairFromSeed(seed: Uint8Array): KemKeypair;
  /** `publicKey` 1184 bytes, `coins` 32 bytes; an implementation may draw coins of its own instead. */
  encapsulate(publicKey: Uint8Array, coins: Uint8Array): Encapsulated;
  /** Never fails for a damaged ciphertext of the right length: it then gives another secret (implicit rejection). */
  decapsulate(keypair: KemKeypair, ciphertext: Uint8Array): Uint8Array;
}

export interface KemKeypair {
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

export interface Encapsulated {
  /** 1088 bytes. */
  readonly ciphertext: Uint8Array;
  /** 32 bytes. */
  readonly sharedSecret: Uint8Array;
}

/** PKCS8 with the seed form of the private key, up to the seed. */
const seedPrefix = Buffer.from('3054020100300b060960864801650304040204428040', 'hex');
const publicPrefixBytes = 22;

/** Everything follows from its arguments: node for keys and decapsulation, noble where coins must be given. */
export const seededKem: Kem = {
  keypairFromSeed,
  decapsulate,
  encapsulate(publicKey, coins) {
    const { cipherText, sharedSecret } = prepared(publicKey).encapsulate(coins);
    return { ciphertext: cipherText, sharedSecret };
  },
};

const preparedKeys = new Map<string, KEMPrepared>();
const preparedKeysMax = 64;

/**
 * Expanding a public key is half the price of an encapsulation, and a simulated swarm meets the same static keys over and
 * over. Holds public data only; the key used longest ago goes first. Results do not depend on it.
 */
function prepared(publicKey: Uint8Array): KEMPrepared {
  const name = toBase64Url(publicKey);
  const key = preparedKeys.get(name) ?? ml_kem768.prepare(publicKey);
  preparedKeys.delete(name);
  preparedKeys.set(name, key);
  if (preparedKeys.size > preparedKeysMax) preparedKeys.delete(preparedKeys.keys().next().value!);
  return key;
}

/** The key pair of a 64-byte seed (d ‖ z). */
export function keypairFromSeed(seed: Uint8Array): KemKeypair {
  assert(seed.length === kemSeedBytes, `an ML-KEM-768 seed has ${kemSeedBytes} bytes (got ${seed.length})`);
  const der = concat(seedPrefix, seed);
  const privateKey = createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'pkcs8' });
  der.fill(0);
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { publicKey: Uint8Array.prototype.slice.call(spki, publicPrefixBytes), privateKey };
}

/** The shared secret (32 bytes) in a ciphertext of 1088 bytes. */
export function decapsulate(keypair: KemKeypair, ciphertext: Uint8Array): Uint8Array {
  return nodeDecapsulate(keypair.privateKey, ciphertext);
}

const modulus = 3329;
/** Twelve bits for each of the 3 x 256 coefficients; the rest of the key is its 32-byte seed. */
const coefficientBytes = kemPublicKeyBytes - 32;

/** The modulus check of FIPS 203, section 7.2: right length, and every coefficient below q. */
export function isKemPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== kemPublicKeyBytes) return false;
  for (let index = 0; index < coefficientBytes; index += 3) {
    const middle = publicKey[index + 1]!;
    const low = publicKey[index]! | ((middle & 0x0f) << 8);
    const high = (middle >>> 4) | (publicKey[index + 2]! << 4);
    if (low >= modulus || high >= modulus) return false;
  }
  return true;
}
