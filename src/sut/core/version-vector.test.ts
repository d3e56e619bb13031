import { expect, test } from '@jest/globals';
import { toHex } from '../../support/bytes.ts';
import { deviceIdFromBytes } from './ids.ts';
import { encodeVector } from './version-vector.ts';

const low = deviceIdFromBytes(new Uint8Array(32).fill(0x01));
const high = deviceIdFromBytes(new Uint8Array(32).fill(0xfb));

test('authors stand in ascending order of their bytes, whatever the order of insertion', () => {
  const forwards = encodeVector(
    new Map([
      [low, 3],
      [high, 260],
    ]),
  );
  const backwards = encodeVector(
    new Map([
      [high, 260],
      [low, 3],
    ]),
  );
  expect(toHex(forwards)).toBe(`${'01'.repeat(32)}0000000000000003${'fb'.repeat(32)}0000000000000104`);
  expect(backwards).toEqual(forwards);
});

test('an author of whom nothing is held leaves no trace', () => {
  expect(
    encodeVector(
      new Map([
        [low, 0],
        [high, 1],
      ]),
    ),
  ).toEqual(encodeVector(new Map([[high, 1]])));
  expect(encodeVector(new Map()).length).toBe(0);
});

test('numbers above 2^32 keep all their bits', () => {
  expect(toHex(encodeVector(new Map([[low, 2 ** 40 + 7]]))).slice(64)).toBe('0000010000000007');
});
