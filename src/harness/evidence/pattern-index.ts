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
  /** Window as a number → the patterns that hold it, each with the window's place in it. */
  readonly #windows = new Map<number, PatternHit[]>();

  /** Each pattern has at least 4 bytes. */
  constructor(patterns: readonly Uint8Array[]) {
    this.#patterns = patterns;
    const shortest = Math.min(...patterns.map((pattern) => pattern.length));
    this.#stride = Math.min(shortest - windowBytes + 1, strideMax);
    const bits = Math.min(filterBitsMax, Math.max(10, Math.ceil(Math.log2(patterns.length * this.#stride * 64))));
    this.#shift = 32 - bits;
    this.#filter = new Uint32Array(2 ** (bits - 5));
    patterns.forEach((bytes, pattern) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let offset = 0; offset < this.#stride; offset += 1) this.#add(view.getUint32(offset, true), pattern, offset);
    });
  }

  #add(window: number, pattern: number, offset: number): void {
    const cell = cellOf(window, this.#shift);
    this.#filter[cell >>> 5]! |= 1 << (cell & 31);
    const known = this.#windows.get(window);
    if (known === undefined) this.#windows.set(window, [{ pattern, offset }]);
    else known.push({ pattern, offset });
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
      for (const { pattern, offset } of this.#windows.get(window) ?? []) {
        if (found.has(pattern) || !this.#standsAt(text, at - offset, pattern)) continue;
        found.add(pattern);
        hits.push({ pattern, offset: at - offset });
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

/** Multiplicative hashing (Knuth, volume 3, section 6.4); the high bits are the well-mixed ones. */
function cellOf(window: number, shift: number): number {
  return Math.imul(window, 0x9e3779b1) >>> shift;
}
