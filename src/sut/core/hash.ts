import { hash, hkdfSync } from 'node:crypto';

/** HASHLEN of Noise with BLAKE2s. */
export const hashBytes = 32;

/** BLAKE2s-256. */
export function blake2s(bytes: Uint8Array): Uint8Array {
  return hash('blake2s256', bytes, 'buffer');
}

/**
 * Noise's HKDF with two or three outputs of 32 bytes over HMAC-BLAKE2s.
 *
 * It is RFC 5869 with the chaining key as salt and an empty info (Noise specification, section 4.3), so node's own does it.
 */
export function hkdf2(chainingKey: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  const out = derive(chainingKey, input, 2);
  return [out(0), out(1)];
}

export function hkdf3(chainingKey: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const out = derive(chainingKey, input, 3);
  return [out(0), out(1), out(2)];
}

function derive(chainingKey: Uint8Array, input: Uint8Array, count: number): (index: number) => Uint8Array {
  const bytes = hkdfSync('blake2s256', input, chainingKey, '', count * hashBytes);
  return (index) => new Uint8Array(bytes, index * hashBytes, hashBytes);
}
