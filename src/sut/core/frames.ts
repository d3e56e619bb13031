import { frameBytesMax, framePrefixBytes, recordPlaintextBytesMax } from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';

/** A frame whose length cannot be. */
export class FrameError extends Error {
  override readonly name = 'FrameError';

  constructor(got: number) {
    super(`frame: expected a length of 1 to ${frameBytesMax} bytes, got ${got}`);
  }
}

/** One envelope as the plaintexts of the records that carry it: u32 big-endian length, envelope, cut at 65519 bytes. */
export function framePlaintexts(envelope: Uint8Array): Uint8Array[] {
  assert(
    envelope.length >= 1 && envelope.length <= frameBytesMax,
    `an envelope has 1 to ${frameBytesMax} bytes (got ${envelope.length})`,
  );
  const firstBytes = Math.min(envelope.length, recordPlaintextBytesMax - framePrefixBytes);
  const first = new Uint8Array(framePrefixBytes + firstBytes);
  new DataView(first.buffer).setUint32(0, envelope.length);
  first.set(envelope.subarray(0, firstBytes), framePrefixBytes);
  const plaintexts: Uint8Array[] = [first];
  for (let offset = firstBytes; offset < envelope.length; offset += recordPlaintextBytesMax) {
    plaintexts.push(envelope.subarray(offset, offset + recordPlaintextBytesMax));
  }
  return plaintexts;
}

/** Puts envelopes together from the plaintexts of records. Memory grows with what arrived, up to one frame. */
export class FrameReader {
  readonly #prefix = new Uint8Array(framePrefixBytes);
  #prefixBytes = 0;
  #body: Uint8Array = new Uint8Array(0);
  #bodyBytes = 0;

  /** Bytes of the incomplete frame so far, its length field included; 0 between frames. */
  get receivedBytes(): number {
    return this.#prefixBytes + this.#bodyBytes;
  }

  /**
   * The envelopes that this plaintext completes, as views into it where it holds all of them. To be consumed to the end;
   * throws FrameError, after those before the bad length.
   */
  *push(plaintext: Uint8Array): Generator<Uint8Array, void> {
    let offset = 0;
    while (offset < plaintext.length) {
      if (this.#prefixBytes < framePrefixBytes) {
        this.#prefix[this.#prefixBytes] = plaintext[offset]!;
        this.#prefixBytes += 1;
        offset += 1;
        if (this.#prefixBytes === framePrefixBytes) this.#checkedLength();
        continue;
      }
      const missing = this.#checkedLength() - this.#bodyBytes;
      const part = plaintext.subarray(offset, offset + missing);
      offset += part.length;
      if (this.#bodyBytes > 0 || part.length < missing) this.#keep(part);
      if (part.length === missing) yield this.#complete(part);
    }
  }

  /** The finished envelope: what was kept, or `whole` when nothing had to be. */
  #complete(whole: Uint8Array): Uint8Array {
    const envelope = this.#bodyBytes === 0 ? whole : this.#body.subarray(0, this.#bodyBytes);
    this.#body = new Uint8Array(0);
    this.#bodyBytes = 0;
    this.#prefixBytes = 0;
    return envelope;
  }

  #checkedLength(): number {
    const length = new DataView(this.#prefix.buffer).getUint32(0);
    if (length < 1 || length > frameBytesMax) throw new FrameError(length);
    return length;
  }

  #keep(part: Uint8Array): void {
    const needed = this.#bodyBytes + part.length;
    if (needed > this.#body.length) {
      const grown = new Uint8Array(Math.min(this.#checkedLength(), 2 * needed));
      grown.set(this.#body.subarray(0, this.#bodyBytes));
      this.#body = grown;
    }
    this.#body.set(part, this.#bodyBytes);
    this.#bodyBytes = needed;
  }
}
