/** Where a pattern was first found. */
export interface PatternHit {
  readonly pattern: number;
  readonly offset: number;
}

/** A filter with more cells than this leaves the processor's near cache. */
const filterBitsMax = 20;
const windowBytes = 4;
/** Reading further apart than this saves nothing more. */
const strideMax = 16;
/** Making more windows ready than this costs more than a wider stride saves. */
const windowsMax = 32_768;

/**
 * Finds any of many patterns in one pass. Only every `stride`th 4-byte window of the text is looked at: the stride is so
 * small that every occurrence of the shortest pattern holds one of them whole, and all windows at which a pattern could
 * be met so are in a bitmap. What passes the bitmap is looked up and compared.
 */
export class PatternIndex {
  readonly #patterns: readonly Uint8Array[];
  readonly #stride: number;
  readonly #shift: number;
  readonly #filter: Uint32Array;
  /** The windows of all patterns, `stride` of each; chained by word of the filter, in their order. */
  readonly #windows: Uint32Array;
  /** Number of the next window of the same word, and by word that of the first one; -1: none. */
  readonly #next: Int32Array;
  readonly #first: Int32Array;

  /** Each pattern has at least 4 bytes. */
  constructor(patterns: readonly Uint8Array[]) {
    this.#patterns = patterns;
    let shortest = strideMax + windowBytes;
    for (const { length } of patterns) shortest = Math.min(shortest, length);
    const affordable = Math.max(1, Math.floor(windowsMax / patterns.length));
    this.#stride = Math.min(shortest - windowBytes + 1, strideMax, affordable);
    const count = patterns.length * this.#stride;
    const bits = Math.min(filterBitsMax, Math.max(10, Math.ceil(Math.log2(count * 64))));
    this.#shift = 32 - bits;
    this.#filter = new Uint32Array(2 ** (bits - 5));
    this.#first = new Int32Array(this.#filter.length).fill(-1);
    this.#windows = new Uint32Array(count);
    this.#next = new Int32Array(count);
    // From the last to the first, because each goes to the head of its chain.
    for (let index = count - 1; index >= 0; index -= 1) this.#add(index);
  }

  #add(index: number): void {
    const bytes = this.#patterns[Math.floor(index / this.#stride)]!;
    const window = windowAt(bytes, index % this.#stride);
    const cell = cellOf(window, this.#shift);
    this.#filter[cell >>> 5]! |= 1 << (cell & 31);
    this.#windows[index] = window;
    this.#next[index] = this.#first[cell >>> 5]!;
    this.#first[cell >>> 5] = index;
  }

  /** The first place of each pattern that occurs in `text`, in order of place. */
  firstHits(text: Uint8Array): PatternHit[] {
    const view = new DataView(text.buffer, text.byteOffset, text.length);
    const filter = this.#filter;
    const shift = this.#shift;
    const stride = this.#stride;
    const hits: PatternHit[] = [];
    const found = new Set<number>();
    for (let at = 0; at + windowBytes <= text.length; at += stride) {
      const window = view.getUint32(at, true);
      const cell = cellOf(window, shift);
      if ((filter[cell >>> 5]! & (1 << (cell & 31))) === 0) continue;
      for (let index = this.#first[cell >>> 5]!; index >= 0; index = this.#next[index]!) {
        if (this.#windows[index] !== window) continue;
        const pattern = Math.floor(index / stride);
        const offset = at - (index % stride);
        if (found.has(pattern) || !this.#standsAt(text, offset, pattern)) continue;
        found.add(pattern);
        hits.push({ pattern, offset });
      }
    }
    return hits;
  }

  #standsAt(text: Uint8Array, start: number, pattern: number): boolean {
    const bytes = this.#patterns[pattern]!;
    if (start < 0 || start + bytes.length > text.length) return false;
    for (let index = 0; index < bytes.length; index += 1) {
      if (text[start + index] !== bytes[index]) return false;
    }
    return true;
  }
}

/** Four bytes as a little-endian number. */
function windowAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Multiplicative hashing (Knuth, volume 3, section 6.4); the high bits are the well-mixed ones. */
function cellOf(window: number, shift: number): number {
  return Math.imul(window, 0x9e3779b1) >>> shift;
}
