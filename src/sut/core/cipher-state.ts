import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { tagBytes } from '../../contract/wire.ts';

/** Sealing or opening did not work. The text is the same for every cause but the used-up counter. */
export class CipherError extends Error {
  override readonly name = 'CipherError';
}

const algorithm = 'chacha20-poly1305';
const options = { authTagLength: tagBytes } as const;
/** Reserved for rekeying. */
const counterReserved = 0xffff_ffff_ffff_ffffn;

/** A ChaCha20-Poly1305 key with its message counter (Noise specification, section 5.1). */
export class CipherState {
  /** Number of the next message. */
  counter: bigint;
  // Node prepares a key object once; with raw bytes each message would pay three times the price of sealing it.
  #key: KeyObject;
  readonly #nonce = Buffer.alloc(12);

  constructor(key: Uint8Array, counter = 0n) {
    this.#key = createSecretKey(key);
    this.counter = counter;
  }

  /** Ciphertext and tag. */
  seal(associated: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const sealed = new Uint8Array(plaintext.length + tagBytes);
    this.sealInto(sealed, 0, associated, plaintext);
    return sealed;
  }

  /** The same, written into `target` at `offset`. */
  sealInto(target: Uint8Array, offset: number, associated: Uint8Array, plaintext: Uint8Array): void {
    const cipher = createCipheriv(algorithm, this.#key, this.#nonceOf(this.#usableCounter()), options);
    if (associated.length > 0) cipher.setAAD(associated, { plaintextLength: plaintext.length });
    target.set(cipher.update(plaintext), offset);
    cipher.final();
    target.set(cipher.getAuthTag(), offset + plaintext.length);
    this.counter += 1n;
  }

  /** The plaintext; throws CipherError, and then the counter stays. */
  open(associated: Uint8Array, sealed: Uint8Array): Uint8Array {
    const length = sealed.length - tagBytes;
    if (length < 0) throw new CipherError('decryption failed');
    const decipher = createDecipheriv(algorithm, this.#key, this.#nonceOf(this.#usableCounter()), options);
    if (associated.length > 0) decipher.setAAD(associated, { plaintextLength: length });
    decipher.setAuthTag(sealed.subarray(length));
    const plaintext = decipher.update(sealed.subarray(0, length));
    try {
      decipher.final();
    } catch {
      plaintext.fill(0);
      throw new CipherError('decryption failed');
    }
    this.counter += 1n;
    return plaintext;
  }

  /** Replaces the key by one that follows from it; the counter goes on. */
  rekey(): void {
    const cipher = createCipheriv(algorithm, this.#key, this.#nonceOf(counterReserved), options);
    const next = cipher.update(new Uint8Array(32));
    cipher.final();
    this.#key = createSecretKey(next);
    next.fill(0);
  }

  /** The raw key, 32 bytes, for tests and for the export hook of the test image. */
  exportKey(): Uint8Array {
    return this.#key.export();
  }

  #usableCounter(): bigint {
    if (this.counter >= counterReserved) throw new CipherError('the message counter is used up');
    return this.counter;
  }

  /** Four zero bytes, then the counter little-endian. */
  #nonceOf(counter: bigint): Uint8Array {
    this.#nonce.writeBigUInt64LE(counter, 4);
    return this.#nonce;
  }
}
