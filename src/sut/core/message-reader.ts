/**
 * Reads MessagePack in the shape that the protocol expects, straight from the bytes.
 *
 * Not the library's decoder: that allocates an array of the announced length for each array header, so that a frame of
 * nested headers of three bytes each claims thousands of times its own size. Here nothing is allocated that the input
 * does not contain, and an error can name the field. Byte strings are views into the input.
 *
 * Source: the MessagePack specification, format overview.
 */

/** A message that breaks the protocol. Names the field, what was expected and what kind of thing came; never contents. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  /** `envelope`: the frame itself is unreadable. `body`: the envelope was good, so the session may go on. */
  readonly part: 'envelope' | 'body';
  readonly field: string;
  readonly expected: string;
  readonly got: string;

  constructor(part: 'envelope' | 'body', field: string, expected: string, got: string) {
    super(`${field}: expected ${expected}, got ${got}`);
    this.part = part;
    this.field = field;
    this.expected = expected;
    this.got = got;
  }
}

const lengthWidths = [1, 2, 4] as const;
/** Bytes after the first of numbers (0xca to 0xd3) and of ext with a fixed length (0xd4 to 0xd8, one more for its type). */
const scalarBytes: Readonly<Record<number, number>> = {
  202: 4,
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8,
  212: 2,
  213: 3,
  214: 5,
  215: 9,
  216: 17,
};
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Takes one value after the other; throws MessageError at the first that is not what was asked for. */
export class MessageReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #part: 'envelope' | 'body';
  #offset = 0;

  constructor(bytes: Uint8Array, part: 'envelope' | 'body') {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#part = part;
  }

  /** An error about the value just read. */
  error(field: string, expected: string, got: string): MessageError {
    return new MessageError(this.#part, field, expected, got);
  }

  /** The number of elements of the array that starts here. */
  array(field: string): number {
    const lead = this.#lead(field, 'an array');
    if ((lead & 0xf0) === 0x90) return lead & 0x0f;
    const count = lead === 0xdc ? this.#uint(field, 2) : lead === 0xdd ? this.#uint(field, 4) : null;
    if (count === null) throw this.error(field, 'an array', kindOf(lead));
    // Each element has at least one byte.
    const left = this.#bytes.length - this.#offset;
    if (count > left) throw this.error(field, `at most ${left} elements`, String(count));
    return count;
  }

  /** A whole number of 0 .. max. */
  uint(field: string, max: number): number {
    const lead = this.#lead(field, 'a whole number');
    const value =
      lead < 0x80
        ? lead
        : lead === 0xcc
          ? this.#uint(field, 1)
          : lead === 0xcd
            ? this.#uint(field, 2)
            : lead === 0xce
              ? this.#uint(field, 4)
              : lead === 0xcf
                ? this.#uint(field, 8)
                : null;
    if (value === null) throw this.error(field, 'a whole number', kindOf(lead));
    if (value > max) throw this.error(field, `at most ${max}`, 'more');
    return value;
  }

  boolean(field: string): boolean {
    const lead = this.#lead(field, 'true or false');
    if (lead !== 0xc2 && lead !== 0xc3) throw this.error(field, 'true or false', kindOf(lead));
    return lead === 0xc3;
  }

  /** True, and one value further on, when the next value is nil. */
  nil(): boolean {
    if (this.#bytes[this.#offset] !== 0xc0) return false;
    this.#offset += 1;
    return true;
  }

  /** A byte string of min .. max bytes, as a view. */
  bin(field: string, min: number, max: number): Uint8Array {
    const lead = this.#lead(field, 'bytes');
    const width = lead === 0xc4 ? 1 : lead === 0xc5 ? 2 : lead === 0xc6 ? 4 : null;
    if (width === null) throw this.error(field, 'bytes', kindOf(lead));
    return this.#take(field, this.#uint(field, width), min, max, 'bytes');
  }

  /** Text of at most `max` bytes of UTF-8. */
  string(field: string, max: number): string {
    const lead = this.#lead(field, 'text');
    const length =
      (lead & 0xe0) === 0xa0
        ? lead & 0x1f
        : lead === 0xd9
          ? this.#uint(field, 1)
          : lead === 0xda
            ? this.#uint(field, 2)
            : lead === 0xdb
              ? this.#uint(field, 4)
              : null;
    if (length === null) throw this.error(field, 'text', kindOf(lead));
    const bytes = this.#take(field, length, 0, max, 'bytes of text');
    try {
      return text.decode(bytes);
    } catch {
      throw this.error(field, 'text in UTF-8', 'other bytes');
    }
  }

  /** Passes over `count` values of any kind, however deep they go. */
  skip(field: string, count: number): void {
    let pending = count;
    while (pending > 0) pending += this.#skipOne(field) - 1;
  }

  /** Nothing may follow. */
  end(field: string): void {
    const left = this.#bytes.length - this.#offset;
    if (left > 0) throw this.error(field, 'nothing after it', `${left} bytes`);
  }

  /** Passes over one value without its elements; the number of those. */
  #skipOne(field: string): number {
    const lead = this.#lead(field, 'a value');
    if (lead === 0xc1) throw this.error(field, 'a value', kindOf(lead));
    if (lead >= 0x80 && lead < 0x90) return 2 * (lead & 0x0f);
    if (lead >= 0x90 && lead < 0xa0) return lead & 0x0f;
    if (lead >= 0xdc && lead <= 0xdd) return this.#uint(field, lead === 0xdc ? 2 : 4);
    if (lead >= 0xde && lead <= 0xdf) return 2 * this.#uint(field, lead === 0xde ? 2 : 4);
    if (lead >= 0xa0 && lead < 0xc0) this.#pass(field, lead & 0x1f);
    else this.#pass(field, scalarBytes[lead] ?? this.#lengthOf(field, lead));
    return 0;
  }

  /** Bytes of a bin, str or ext after its length; 0 for what is a single byte. */
  #lengthOf(field: string, lead: number): number {
    if (lead >= 0xc4 && lead <= 0xc6) return this.#uint(field, lengthWidths[lead - 0xc4]!);
    if (lead >= 0xc7 && lead <= 0xc9) return this.#uint(field, lengthWidths[lead - 0xc7]!) + 1;
    if (lead >= 0xd9 && lead <= 0xdb) return this.#uint(field, lengthWidths[lead - 0xd9]!);
    return 0;
  }

  #lead(field: string, expected: string): number {
    const lead = this.#bytes[this.#offset];
    if (lead === undefined) throw this.error(field, expected, 'the end');
    this.#offset += 1;
    return lead;
  }

  #uint(field: string, width: 1 | 2 | 4 | 8): number {
    const offset = this.#offset;
    this.#pass(field, width);
    if (width === 1) return this.#view.getUint8(offset);
    if (width === 2) return this.#view.getUint16(offset);
    if (width === 4) return this.#view.getUint32(offset);
    // Beyond 2^53 the sum is no longer exact, but still larger than any maximum asked for.
    return this.#view.getUint32(offset) * 0x1_0000_0000 + this.#view.getUint32(offset + 4);
  }

  #take(field: string, length: number, min: number, max: number, unit: string): Uint8Array {
    if (length < min || length > max) {
      throw this.error(field, min === max ? `${min} ${unit}` : `${min} to ${max} ${unit}`, String(length));
    }
    const offset = this.#offset;
    this.#pass(field, length);
    return this.#bytes.subarray(offset, offset + length);
  }

  #pass(field: string, count: number): void {
    const left = this.#bytes.length - this.#offset;
    if (count > left) throw this.error(field, `${count} more bytes`, String(left));
    this.#offset += count;
  }
}

function kindOf(lead: number): string {
  if (lead < 0x80 || (lead >= 0xcc && lead <= 0xcf)) return 'a whole number';
  if (lead >= 0xe0 || (lead >= 0xd0 && lead <= 0xd3)) return 'a signed number';
  if (lead < 0x90 || lead === 0xde || lead === 0xdf) return 'a map';
  if (lead < 0xa0 || lead === 0xdc || lead === 0xdd) return 'an array';
  if (lead < 0xc0 || (lead >= 0xd9 && lead <= 0xdb)) return 'text';
  if (lead === 0xc0) return 'nil';
  if (lead === 0xc2 || lead === 0xc3) return 'true or false';
  if (lead >= 0xc4 && lead <= 0xc6) return 'bytes';
  if (lead === 0xca || lead === 0xcb) return 'a floating-point number';
  return lead === 0xc1 ? 'the unused byte' : 'an extension';
}
