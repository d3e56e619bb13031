import { recordPrefixBytes } from '../../contract/wire.ts';

/** A Noise message as it goes on the wire: u16 big-endian length, message. */
export function recordOf(message: Uint8Array): Uint8Array {
  const record = new Uint8Array(recordPrefixBytes + message.length);
  writeRecordPrefix(record, 0, message.length);
  record.set(message, recordPrefixBytes);
  return record;
}

/** Writes the length of a record into `target`. */
export function writeRecordPrefix(target: Uint8Array, offset: number, messageBytes: number): void {
  target[offset] = messageBytes >>> 8;
  target[offset + 1] = messageBytes & 0xff;
}

/**
 * Cuts a byte stream into Noise messages, however it was chunked.
 *
 * Look at `announcedBytes` before waiting for the rest: an impossible length shows as soon as its prefix is there. Memory
 * grows with what arrived, never with what was announced. Messages are views into the chunks where that is possible.
 */
export class RecordReader {
  #store: Uint8Array = new Uint8Array(0);
  #isOwned = false;
  #start = 0;
  #end = 0;

  /** Takes the next bytes of the stream. The caller must not change `chunk` afterwards. */
  push(chunk: Uint8Array): void {
    const waiting = this.#end - this.#start;
    if (waiting === 0) {
      this.#store = chunk;
      this.#isOwned = false;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (!this.#isOwned || this.#end + chunk.length > this.#store.length) {
      // A new store each time it grows: messages handed out earlier are views into the old one.
      const grown = new Uint8Array(2 * (waiting + chunk.length));
      grown.set(this.#store.subarray(this.#start, this.#end));
      this.#store = grown;
      this.#isOwned = true;
      this.#start = 0;
      this.#end = waiting;
    }
    this.#store.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Bytes that arrived and are not part of a message handed out. */
  get waitingBytes(): number {
    return this.#end - this.#start;
  }

  /** Length of the message that is arriving; null before its prefix is complete. */
  get announcedBytes(): number | null {
    if (this.waitingBytes < recordPrefixBytes) return null;
    return (this.#store[this.#start]! << 8) | this.#store[this.#start + 1]!;
  }

  /** The next complete message, or null when there is none yet. */
  next(): Uint8Array | null {
    const length = this.announcedBytes;
    if (length === null || this.waitingBytes < recordPrefixBytes + length) return null;
    const from = this.#start + recordPrefixBytes;
    this.#start = from + length;
    return this.#store.subarray(from, this.#start);
  }
}
