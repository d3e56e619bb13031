/**
 * Seeded random numbers: xoshiro128** started by SplitMix32 over a text seed. Same seed, same draws, everywhere.
 * Not for secrets outside the simulator.
 *
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2018).
 */
export class Prng {
  readonly #state: Uint32Array;
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
    let mix = hashOf(seed);
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mix = (mix + 0x9e3779b9) >>> 0;
      let z = mix;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    });
  }

  /** A stream of its own: drawing from it does not disturb this one, whatever its length. */
  fork(label: string): Prng {
    return new Prng(`${this.#seed}/${label}`);
  }

  /** Uniform in 0 .. 2^32-1. */
  uint32(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotateLeft(s[3]!, 11);
    return result;
  }

  /** Uniform in [0, 1), 32 bits of it. */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** Uniform whole number in 0 .. bound-1. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  /** Uniform real number in [low, high). */
  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }

  /** True with the given probability, 0 .. 1. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let index = 0; index < count; index += 4) {
      const word = this.uint32();
      for (let byte = 0; byte < 4 && index + byte < count; byte += 1) bytes[index + byte] = word >>> (8 * byte);
    }
    return bytes;
  }
}

function rotateLeft(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}

/** FNV-1a over the UTF-16 units, both bytes of each. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash >>> 0;
}
