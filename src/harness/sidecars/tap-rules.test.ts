import { describe, expect, test } from '@jest/globals';
import { isTapRecord, type TapRule, tapEntry } from '../../contract/tap.ts';
import { preambleBytes } from '../../contract/wire.ts';
import { concat } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { TapRules } from './tap-rules.ts';

const preamble = new Uint8Array(preambleBytes).fill(0x2f);

function record(...message: number[]): Uint8Array {
  return Uint8Array.of(message.length >> 8, message.length & 0xff, ...message);
}

const recordsOf = (tap: TapRules) => tap.journal.filter(isTapRecord);

/** Feeds a direction in chunks of `chunkBytes`; what came out, and whether the tap asked to close. */
function feed(rules: readonly TapRule[], stream: Uint8Array, chunkBytes: number, direction: 'up' | 'down' = 'up') {
  const tap = new TapRules();
  for (const rule of rules) tap.add(rule);
  const connection = tap.connection('node-a', 500);
  const passed: Uint8Array[] = [];
  let closed = false;
  for (let offset = 0; offset < stream.length; offset += chunkBytes) {
    const step = connection.pass(direction, stream.subarray(offset, offset + chunkBytes), 1000 + offset);
    passed.push(step.forward);
    closed ||= step.close;
  }
  passed.push(connection.end(direction, 2000));
  return { tap, closed, passed: concat(...passed) };
}

const first = record(1, 2, 3);
const second = record(0xff, 0);
const third = record(7);
const stream = concat(preamble, first, second, third);
const at = { link: 'node-a', direction: 'up' } as const;

describe('tap rules', () => {
  test.each([1, 2, 3, 7, 100])('without a rule all bytes pass unchanged, fed %i at a time', (chunkBytes) => {
    const { tap, passed, closed } = feed([], stream, chunkBytes);
    expect(passed).toEqual(stream);
    expect(closed).toBe(false);
    expect(recordsOf(tap).map((entry) => [entry.record, entry.bytesBefore, entry.action])).toEqual([
      [0, 5, 'forward'],
      [1, 4, 'forward'],
      [2, 3, 'forward'],
    ]);
    for (const entry of tap.journal) expect(tapEntry.parse(entry)).toEqual(entry);
  });

  test.each([
    { bit: 0, byte: 0, mask: 0x80 },
    { bit: 7, byte: 0, mask: 0x01 },
    { bit: 9, byte: 1, mask: 0x40 },
  ])('flip of bit $bit changes that bit of the message and no other', ({ bit, byte, mask }) => {
    const { tap, passed } = feed([{ ...at, record: 1, action: 'flip', bit }], stream, 4);
    const expected = stream.slice();
    expected[preambleBytes + first.length + 2 + byte]! ^= mask;
    expect(passed).toEqual(expected);
    const entry = recordsOf(tap)[1]!;
    expect(entry.action).toBe('flip');
    expect(entry.digestAfter).not.toBe(entry.digestBefore);
    expect(Buffer.from(entry.rawBefore!, 'base64')).toEqual(Buffer.from(second));
    expect(recordsOf(tap)[0]!.digestAfter).toBe(recordsOf(tap)[0]!.digestBefore);
  });

  test('the journal says when a connection opened, and how much of its preamble passed', () => {
    const { tap } = feed([], stream.slice(0, 6), 4);
    const of = { link: 'node-a', connection: 0 };
    expect(tap.journal).toEqual([
      { ...of, atMs: 500, action: 'open' },
      { ...of, atMs: 1000, action: 'preamble', bytes: 4 },
      { ...of, atMs: 1004, action: 'preamble', bytes: 2 },
    ]);
  });

  test('a flip beyond the end of the record is journalled as forwarded', () => {
    const { tap, passed } = feed([{ ...at, record: 1, action: 'flip', bit: 16 }], stream, 100);
    expect(passed).toEqual(stream);
    expect(recordsOf(tap)[1]!.action).toBe('forward');
  });

  test.each([
    { rule: { action: 'cut', bytes: 3 }, passes: concat(preamble, first, second.slice(0, 3)) },
    { rule: { action: 'cut', bytes: 0 }, passes: concat(preamble, first) },
    { rule: { action: 'close-after' }, passes: concat(preamble, first, second) },
  ] as const)('$rule passes its bytes and then nothing in either direction', ({ rule, passes }) => {
    for (const chunkBytes of [1, 100]) {
      const { tap, passed, closed } = feed([{ ...at, ...rule, record: 1 }], stream, chunkBytes);
      expect(passed).toEqual(passes);
      expect(closed).toBe(true);
      expect(recordsOf(tap)).toHaveLength(2);
      expect(recordsOf(tap)[1]).toMatchObject({ bytesBefore: 4, action: rule.action });
    }
  });

  test('after a cut the other direction is closed as well', () => {
    const tap = new TapRules();
    tap.add({ ...at, record: 0, action: 'close-after' });
    const connection = tap.connection('node-a', 500);
    expect(connection.pass('up', stream, 1).close).toBe(true);
    expect(connection.pass('down', third, 2)).toEqual({ forward: new Uint8Array(0), close: false });
    expect(connection.end('down', 3)).toHaveLength(0);
  });

  test('drop leaves out one record and goes on', () => {
    const { tap, passed, closed } = feed([{ ...at, record: 1, action: 'drop' }], stream, 5);
    expect(passed).toEqual(concat(preamble, first, third));
    expect(closed).toBe(false);
    expect(recordsOf(tap)[1]).toMatchObject({ action: 'drop', bytesBefore: 4, bytesAfter: 0 });
  });

  test('the first rule added for a record decides', () => {
    const { passed } = feed(
      [
        { ...at, record: 0, action: 'drop' },
        { ...at, record: 0, action: 'close-after' },
      ],
      stream,
      100,
    );
    expect(passed).toEqual(concat(preamble, second, third));
  });

  test('a rule acts on its link and direction only, on every connection, until it is taken out', () => {
    const tap = new TapRules();
    const takeOut = tap.add({ link: 'node-a', direction: 'down', record: 0, action: 'drop' });
    expect(tap.connection('node-b', 500).pass('down', third, 1).forward).toEqual(third);
    expect(tap.connection('node-a', 500).pass('up', concat(preamble, third), 2).forward).toEqual(
      concat(preamble, third),
    );
    expect(tap.connection('node-a', 500).pass('down', third, 3).forward).toHaveLength(0);
    takeOut();
    takeOut();
    expect(tap.connection('node-a', 500).pass('down', third, 4).forward).toEqual(third);
    expect(recordsOf(tap).map((entry) => [entry.link, entry.connection, entry.action])).toEqual([
      ['node-b', 0, 'forward'],
      ['node-a', 0, 'forward'],
      ['node-a', 1, 'drop'],
      ['node-a', 2, 'forward'],
    ]);
    tap.beginJournal();
    expect(tap.journal).toEqual([]);
    tap.connection('node-a', 500).pass('down', third, 5);
    expect(tap.journal[0]!.connection).toBe(0);
  });

  test('an unfinished record passes as residue when its sender ends', () => {
    const { tap, passed } = feed([], stream.slice(0, stream.length - 1), 6);
    expect(passed).toEqual(stream.slice(0, stream.length - 1));
    expect(recordsOf(tap).at(-1)).toMatchObject({ record: 2, action: 'residue', bytesBefore: 2, bytesAfter: 2 });
  });

  test('only the first two records of a direction are kept raw', () => {
    const { tap } = feed([], stream, 100);
    expect(recordsOf(tap).map((entry) => entry.rawAfter !== undefined)).toEqual([true, true, false]);
  });

  test('any bytes in any chunks pass unchanged without rules', () => {
    for (let round = 0; round < 50; round += 1) {
      const prng = new Prng(`tap-rules/${round}`);
      const bytes = prng.bytes(prng.below(200_000));
      const { passed } = feed([], bytes, 1 + prng.below(3000), prng.pick(['up', 'down'] as const));
      expect([round, Buffer.compare(passed, bytes)]).toEqual([round, 0]);
    }
  });
});
