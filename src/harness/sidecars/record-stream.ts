import { recordPrefixBytes } from '../../contract/wire.ts';
import { concat } from '../../support/bytes.ts';

export interface StreamRecord {
  readonly number: number;
  /** With its length prefix. */
  readonly bytes: Uint8Array;
}

/** Cuts one direction's bytes into records, after the preamble that comes before the first. */
export class RecordStream {
  recordCount = 0;
  #preambleLeft: number;
  #pieces: Uint8Array[] = [];
  #held = 0;

  constructor(preambleLeft: number) {
    this.#preambleLeft = preambleLeft;
  }

  /** Holds the bytes and returns those that belong to the preamble. */
  append(chunk: Uint8Array): Uint8Array {
    const preamble = chunk.slice(0, this.#preambleLeft);
    this.#preambleLeft -= preamble.length;
    if (preamble.length < chunk.length) {
      this.#pieces.push(chunk.slice(preamble.length));
      this.#held += chunk.length - preamble.length;
    }
    return preamble;
  }

  /** The next complete record, or null. */
  next(): StreamRecord | null {
    if (this.#held < recordPrefixBytes) return null;
    // Joining on every chunk would cost the square of a record's length in small chunks.
    if (this.#pieces[0]!.length < recordPrefixBytes) this.#join();
    const bytes = recordPrefixBytes + ((this.#pieces[0]![0]! << 8) | this.#pieces[0]![1]!);
    if (this.#held < bytes) return null;
    const all = this.#join();
    this.#pieces = [all.subarray(bytes)];
    this.#held -= bytes;
    return { number: this.recordCount++, bytes: all.subarray(0, bytes) };
  }

  takeRest(): Uint8Array {
    const rest = this.#join();
    this.#pieces = [];
    this.#held = 0;
    return rest;
  }

  #join(): Uint8Array {
    if (this.#pieces.length !== 1) this.#pieces = [concat(...this.#pieces)];
    return this.#pieces[0]!;
  }
}
