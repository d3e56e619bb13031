import { limits } from '../../contract/wire.ts';
import { toHex } from '../../support/bytes.ts';

/** The envelope nonces a session has used last. */
export class NonceHistory {
  /** In the order of use. */
  readonly #seen = new Set<string>();

  /** Remembers the nonce; false when it is among the remembered ones. */
  add(nonce: Uint8Array): boolean {
    const text = toHex(nonce);
    if (this.#seen.has(text)) return false;
    this.#seen.add(text);
    if (this.#seen.size > limits.nonceHistoryCount) {
      const [oldest] = this.#seen;
      this.#seen.delete(oldest!);
    }
    return true;
  }
}
