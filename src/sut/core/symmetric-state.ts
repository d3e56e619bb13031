import { concat, utf8 } from '../../support/bytes.ts';
import { CipherState } from './cipher-state.ts';
import { blake2s, hashBytes, hkdf2, hkdf3 } from './hash.ts';

const nothing = new Uint8Array(0);

/** Chaining key, running hash and current cipher of a handshake (Noise specification, section 5.2). */
export class SymmetricState {
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #cipher: CipherState | null = null;

  constructor(protocolName: string) {
    const name = utf8(protocolName);
    this.#hash = name.length <= hashBytes ? concat(name, new Uint8Array(hashBytes - name.length)) : blake2s(name);
    this.#chainingKey = Uint8Array.from(this.#hash);
  }

  /** `h`: after the handshake the channel binding. */
  get handshakeHash(): Uint8Array {
    return this.#hash;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = blake2s(concat(this.#hash, data));
  }

  mixKey(input: Uint8Array): void {
    const [chainingKey, key] = hkdf2(this.#chainingKey, input);
    this.#use(chainingKey, key);
  }

  mixKeyAndHash(input: Uint8Array): void {
    const [chainingKey, toHash, key] = hkdf3(this.#chainingKey, input);
    this.mixHash(toHash);
    this.#use(chainingKey, key);
  }

  /** In clear as long as there is no key. */
  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const sent = this.#cipher === null ? plaintext : this.#cipher.seal(this.#hash, plaintext);
    this.mixHash(sent);
    return sent;
  }

  /** Throws CipherError; a ciphertext is mixed in only after its tag was good. */
  decryptAndHash(received: Uint8Array): Uint8Array {
    const plaintext = this.#cipher === null ? received : this.#cipher.open(this.#hash, received);
    this.mixHash(received);
    return plaintext;
  }

  /** The two transport ciphers: first the initiator's for sending, then the responder's. */
  split(): [CipherState, CipherState] {
    const [initiatorKey, responderKey] = hkdf2(this.#chainingKey, nothing);
    const ciphers: [CipherState, CipherState] = [new CipherState(initiatorKey), new CipherState(responderKey)];
    initiatorKey.fill(0);
    responderKey.fill(0);
    return ciphers;
  }

  /** Overwrites the chaining key and forgets the cipher; the hash is no secret. */
  wipe(): void {
    this.#chainingKey.fill(0);
    this.#cipher = null;
  }

  #use(chainingKey: Uint8Array, key: Uint8Array): void {
    this.#chainingKey.fill(0);
    // Copied, because all outputs of one derivation share a buffer and the key part is overwritten next.
    this.#chainingKey = Uint8Array.from(chainingKey);
    this.#cipher = new CipherState(key);
    key.fill(0);
    chainingKey.fill(0);
  }
}
