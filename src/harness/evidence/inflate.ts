/** What a deflate stream gave, up to its end or to where it broke. */
export interface Inflated {
  readonly output: Uint8Array;
  /** The stream ended with its last block. */
  readonly complete: boolean;
  /** Offset of the first byte behind what was read. */
  readonly end: number;
}

/**
 * Decodes raw deflate (RFC 1951) at `start` and keeps what came out before the first error, the end of the input or
 * `outputBytesMax`.
 *
 * Own code because node:zlib makes an async resource for each call, which the simulator forbids, gives nothing of a
 * stream that breaks off, and takes 0.1 ms to refuse bytes that are no stream.
 */
export function inflate(bytes: Uint8Array, start: number, outputBytesMax: number): Inflated {
  const state = new Inflation(bytes, start, outputBytesMax);
  const complete = state.run();
  return { output: state.output.slice(0, state.length), complete, end: state.end };
}

/** What comes out is written here first, one stream after another: most candidates give a few bytes or none. */
let scratch: Uint8Array = new Uint8Array(64 * 1024);

/** Signals bad or missing input inside one inflation; no Error object, since most candidates end with it. */
const broken = -1;

const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const codeBitsMax = 15;
const literalsMax = 286;
const distancesMax = 30;

/** A canonical Huffman code: how many codes of each length, and the symbols in order of their codes. */
interface Huffman {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

class Inflation {
  readonly #bytes: Uint8Array;
  readonly #outputBytesMax: number;
  #position: number;
  #bits = 0;
  #bitCount = 0;
  output = scratch;
  length = 0;

  constructor(bytes: Uint8Array, start: number, outputBytesMax: number) {
    this.#bytes = bytes;
    this.#position = start;
    this.#outputBytesMax = outputBytesMax;
  }

  /** Whole bytes that were taken in but not used belong to what follows. */
  get end(): number {
    return this.#position - (this.#bitCount >>> 3);
  }

  run(): boolean {
    for (;;) {
      const header = this.#take(3);
      if (header === broken || !this.#block(header >>> 1)) return false;
      if ((header & 1) === 1) return true;
    }
  }

  #block(type: number): boolean {
    if (type === 0) return this.#stored();
    if (type === 1) return this.#codes(fixedLiterals, fixedDistances);
    return type === 2 && this.#dynamic();
  }

  #stored(): boolean {
    this.#position = this.end;
    this.#bits = 0;
    this.#bitCount = 0;
    const bytes = this.#bytes;
    const at = this.#position;
    if (at + 4 > bytes.length) return false;
    const length = bytes[at]! | (bytes[at + 1]! << 8);
    if ((length ^ 0xffff) !== (bytes[at + 2]! | (bytes[at + 3]! << 8))) return false;
    const stored = bytes.subarray(at + 4, at + 4 + length);
    const room = Math.min(stored.length, this.#outputBytesMax - this.length);
    this.#reserve(room);
    this.output.set(stored.subarray(0, room), this.length);
    this.length += room;
    this.#position = at + 4 + stored.length;
    return room === length;
  }

  #dynamic(): boolean {
    const sizes = this.#take(14);
    if (sizes === broken) return false;
    const literals = (sizes & 31) + 257;
    const distances = ((sizes >>> 5) & 31) + 1;
    if (literals > literalsMax || distances > distancesMax) return false;
    const codeLengths = new Uint8Array(19);
    for (let index = 0; index < (sizes >>> 10) + 4; index += 1) {
      const bits = this.#take(3);
      if (bits === broken) return false;
      codeLengths[codeLengthOrder[index]!] = bits;
    }
    const lengthCode = huffman(codeLengths);
    if (lengthCode === null || freeCodes(lengthCode) !== 0) return false;
    const lengths = this.#lengths(lengthCode, literals + distances);
    if (lengths === null || lengths[256] === 0) return false;
    const literalCode = huffman(lengths.subarray(0, literals));
    const distanceCode = huffman(lengths.subarray(literals));
    return literalCode !== null && distanceCode !== null && this.#codes(literalCode, distanceCode);
  }

  #lengths(code: Huffman, count: number): Uint8Array | null {
    const lengths = new Uint8Array(count);
    let index = 0;
    while (index < count) {
      const symbol = this.#symbol(code);
      if (symbol === broken) return null;
      if (symbol < 16) {
        lengths[index] = symbol;
        index += 1;
        continue;
      }
      if (symbol === 16 && index === 0) return null;
      const repeated = symbol === 16 ? lengths[index - 1]! : 0;
      const extra = this.#take(symbol === 16 ? 2 : symbol === 17 ? 3 : 7);
      const times = extra + (symbol === 18 ? 11 : 3);
      if (extra === broken || index + times > count) return null;
      lengths.fill(repeated, index, index + times);
      index += times;
    }
    return lengths;
  }

  #codes(literals: Huffman, distances: Huffman): boolean {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === broken) return false;
      if (symbol === 256) return true;
      if (symbol > 256) {
        if (!this.#copy(symbol - 257, distances)) return false;
      } else {
        if (this.length >= this.#outputBytesMax) return false;
        this.#reserve(1);
        this.output[this.length] = symbol;
        this.length += 1;
      }
    }
  }

  #copy(lengthSymbol: number, distances: Huffman): boolean {
    if (lengthSymbol >= lengthBase.length) return false;
    const lengthMore = this.#take(lengthExtra[lengthSymbol]!);
    const distanceSymbol = this.#symbol(distances);
    if (lengthMore === broken || distanceSymbol === broken || distanceSymbol >= distanceBase.length) return false;
    const distanceMore = this.#take(distanceExtra[distanceSymbol]!);
    const distance = distanceBase[distanceSymbol]! + distanceMore;
    if (distanceMore === broken || distance > this.length) return false;
    const wanted = lengthBase[lengthSymbol]! + lengthMore;
    const length = Math.min(wanted, this.#outputBytesMax - this.length);
    this.#reserve(length);
    for (let left = length; left > 0; left -= 1) {
      this.output[this.length] = this.output[this.length - distance]!;
      this.length += 1;
    }
    return length === wanted;
  }

  /** The next `count` bits (at most 14), lowest first, or `broken` at the end of the input. */
  #take(count: number): number {
    while (this.#bitCount < count) {
      if (this.#position >= this.#bytes.length) return broken;
      this.#bits |= this.#bytes[this.#position]! << this.#bitCount;
      this.#position += 1;
      this.#bitCount += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #symbol({ counts, symbols }: Huffman): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let bits = 1; bits <= codeBitsMax; bits += 1) {
      const bit = this.#take(1);
      if (bit === broken) return broken;
      code |= bit;
      const count = counts[bits]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return broken;
  }

  #reserve(more: number): void {
    if (this.length + more <= this.output.length) return;
    const larger = new Uint8Array(Math.max(this.output.length * 2, this.length + more));
    larger.set(this.output);
    this.output = larger;
    scratch = larger;
  }
}

/** Null when more codes are asked for than there are. */
function huffman(lengths: Uint8Array): Huffman | null {
  const counts = new Uint16Array(codeBitsMax + 1);
  for (const length of lengths) counts[length]! += 1;
  const offsets = new Uint16Array(codeBitsMax + 2);
  for (let bits = 1; bits <= codeBitsMax; bits += 1) offsets[bits + 1] = offsets[bits]! + counts[bits]!;
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    symbols[offsets[length]!] = symbol;
    offsets[length]! += 1;
  });
  const code = { counts, symbols };
  return freeCodes(code) < 0 ? null : code;
}

/** Codes of the longest length that no symbol uses; negative when there are too few. */
function freeCodes({ counts }: Huffman): number {
  let free = 1;
  for (let bits = 1; bits <= codeBitsMax; bits += 1) {
    free = free * 2 - counts[bits]!;
    if (free < 0) return free;
  }
  return free;
}

const fixedLiterals = huffman(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
)!;
const fixedDistances = huffman(new Uint8Array(distancesMax).fill(5))!;
