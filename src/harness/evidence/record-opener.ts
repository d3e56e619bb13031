import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { rekeyEveryRecords, tagBytes } from '../../contract/wire.ts';

const cipher = 'chacha20-poly1305';
const options = { authTagLength: tagBytes } as const;
const keyBytes = 32;

/**
 * Opens the transport records of one direction in their order: ChaCha20-Poly1305 (RFC 8439) with empty associated data,
 * the record's number as nonce, and a new key after every 65,536 records (Noise, section 11.3).
 */
export class RecordOpener {
  #key: KeyObject;
  #counter = 0;

  /** `key` has 32 bytes. */
  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  /** The plaintext of the next record, or null when it is not what this key sealed at this place. */
  open(record: Uint8Array): Uint8Array | null {
    if (record.length < tagBytes) return null;
    const end = record.length - tagBytes;
    const decipher = createDecipheriv(cipher, this.#key, nonceOf(BigInt(this.#counter)), options);
    decipher.setAuthTag(record.subarray(end));
    const plaintext = decipher.update(record.subarray(0, end));
    try {
      decipher.final();
    } catch {
      return null;
    }
    this.#counter += 1;
    if (this.#counter % rekeyEveryRecords === 0) this.#rekey();
    return plaintext;
  }

  #rekey(): void {
    const sealed = createCipheriv(cipher, this.#key, nonceOf(2n ** 64n - 1n), options);
    this.#key = createSecretKey(sealed.update(new Uint8Array(keyBytes)));
  }
}

function nonceOf(counter: bigint): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(counter, 4);
  return nonce;
}
