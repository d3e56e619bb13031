import { constants, deflateRawSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { inflate } from './inflate.ts';

const unlimited = 1 << 30;

/** Runs of letters, repeats from near and far, and stretches of noise. */
function mixed(prng: Prng, length: number): Buffer {
  const parts: Uint8Array[] = [];
  for (let size = 0; size < length; ) {
    const run = prng.below(600);
    const part = prng.chance(0.3) ? prng.bytes(run) : Buffer.alloc(run, 'lorem ipsum '.slice(prng.below(10)));
    parts.push(part);
    size += part.length;
  }
  return Buffer.concat(parts).subarray(0, length);
}

test.each(
  [0, 1, 6, 9].flatMap((level) =>
    [constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_RLE, constants.Z_FIXED].map((strategy) => ({
      level,
      strategy,
    })),
  ),
)('gives back what zlib wrote at level $level, strategy $strategy', ({ level, strategy }) => {
  const prng = new Prng(`inflate ${level} ${strategy}`);
  for (const length of [0, 1, 7, 1000, 70_000, 300_000]) {
    const plain = mixed(prng, length);
    const stream = deflateRawSync(plain, { level, strategy });
    const bytes = Buffer.concat([Buffer.alloc(3), stream, Buffer.from('behind')]);
    const inflated = inflate(bytes, 3, unlimited);
    expect(inflated.complete).toBe(true);
    expect(inflated.end).toBe(3 + stream.length);
    expect(Buffer.compare(inflated.output, plain)).toBe(0);
  }
});

test('a stream cut anywhere gives a true beginning', () => {
  const plain = mixed(new Prng('cut'), 4000);
  const stream = deflateRawSync(plain);
  for (let end = 0; end < stream.length; end += 1) {
    const inflated = inflate(stream.subarray(0, end), 0, unlimited);
    expect(inflated.complete).toBe(false);
    expect(Buffer.compare(inflated.output, plain.subarray(0, inflated.output.length))).toBe(0);
  }
  expect(inflate(stream.subarray(0, stream.length - 1), 0, unlimited).output.length).toBeGreaterThan(3900);
});

test('no more comes out than was asked for', () => {
  for (const level of [0, 6]) {
    const stream = deflateRawSync(Buffer.alloc(1_000_000, 'a'), { level });
    const inflated = inflate(stream, 0, 1000);
    expect(inflated.complete).toBe(false);
    expect(inflated.output.length).toBe(1000);
  }
});

test('2,000 damaged streams and 2,000 random ones end without an error', () => {
  const prng = new Prng('damage');
  const stream = deflateRawSync(mixed(prng, 3000));
  for (let round = 0; round < 2000; round += 1) {
    const damaged = Buffer.from(stream);
    for (let flips = prng.below(4); flips >= 0; flips -= 1) damaged[prng.below(damaged.length)] = prng.below(256);
    expect(inflate(damaged, 0, 10_000).output.length).toBeLessThanOrEqual(10_000);
    expect(inflate(prng.bytes(prng.below(300)), 0, 10_000).output.length).toBeLessThanOrEqual(10_000);
  }
});
