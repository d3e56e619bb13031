import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { hchacha } from '@noble/ciphers/chacha.js';
import { sealNonceBytes, sealOverheadBytes, tagBytes } from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';
import { utf8 } from '../../support/bytes.ts';

/** Sealed data that does not open. One text for every cause. */
export class OpenError extends Error {
  override readonly name = 'OpenError';

  constructor() {
    super('sealed data could not be opened');
  }
}

const algorithm = 'chacha20-poly1305';
const options = { authTagLength: tagBytes } as const;
const sigma = wordsOf(utf8('expand 32-byte k'));

/** XChaCha20-Poly1305 as it is stored: nonce (24), ciphertext, tag (16). `parts` are sealed as if joined. */
export function xchachaSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  assert(nonce.length === sealNonceBytes, `a sealing nonce has ${sealNonceBytes} bytes (got ${nonce.length})`);
  const plaintextLength = parts.reduce((sum, part) => sum + part.length, 0);
  const sealed = new Uint8Array(plaintextLength + sealOverheadBytes);
  const cipher = createCipheriv(algorithm, subkeyOf(key, nonce), shortNonceOf(nonce), options);
  cipher.setAAD(associated, { plaintextLength });
  sealed.set(nonce);
  let offset = sealNonceBytes;
  for (const part of parts) {
    sealed.set(cipher.update(part), offset);
    offset += part.length;
  }
  cipher.final();
  sealed.set(cipher.getAuthTag(), offset);
  return sealed;
}

/** The plaintext of ciphertext and tag; throws OpenError, for a length that cannot be before any use of the key. */
export function xchachaOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Uint8Array {
  const plaintextLength = sealed.length - tagBytes;
  if (nonce.length !== sealNonceBytes || plaintextLength < 0) throw new OpenError();
  const decipher = createDecipheriv(algorithm, subkeyOf(key, nonce), shortNonceOf(nonce), options);
  decipher.setAAD(associated, { plaintextLength });
  decipher.setAuthTag(sealed.subarray(plaintextLength));
  const plaintext = decipher.update(sealed.subarray(0, plaintextLength));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw new OpenError();
  }
  return plaintext;
}

/** HChaCha20 of the key and the first 16 bytes of the nonce; node has no XChaCha20 of its own. */
function subkeyOf(key: Uint8Array, nonce: Uint8Array): KeyObject {
  assert(key.length === 32, `a sealing key has 32 bytes (got ${key.length})`);
  const subkey = new Uint32Array(8);
  const keyWords = wordsOf(key);
  hchacha(sigma, keyWords, wordsOf(nonce.subarray(0, 16)), subkey);
  const prepared = createSecretKey(new Uint8Array(subkey.buffer));
  keyWords.fill(0);
  subkey.fill(0);
  return prepared;
}

/** Four zero bytes and the last eight of the nonce. */
function shortNonceOf(nonce: Uint8Array): Uint8Array {
  const short = new Uint8Array(12);
  short.set(nonce.subarray(16), 4);
  return short;
}

/** A copy as words, because a view needs an aligned start. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
