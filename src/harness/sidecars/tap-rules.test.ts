import { describe, expect, test } from '@jest/globals';
import { isTapRecord, type TapRecord, type TapRule, tapEntry, tapRule } from '../../contract/tap.ts';
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
  const connection = tap.connection('node-a', 500, () => undefined);
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
    const connection = tap.connection('node-a', 500, () => undefined);
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
    expect(tap.connection('node-b', 500, () => undefined).pass('down', third, 1).forward).toEqual(third);
    expect(tap.connection('node-a', 500, () => undefined).pass('up', concat(preamble, third), 2).forward).toEqual(
      concat(preamble, third),
    );
    expect(tap.connection('node-a', 500, () => undefined).pass('down', third, 3).forward).toHaveLength(0);
    takeOut();
    takeOut();
    expect(tap.connection('node-a', 500, () => undefined).pass('down', third, 4).forward).toEqual(third);
    expect(recordsOf(tap).map((entry) => [entry.link, entry.connection, entry.action])).toEqual([
      ['node-b', 0, 'forward'],
      ['node-a', 0, 'forward'],
      ['node-a', 1, 'drop'],
      ['node-a', 2, 'forward'],
    ]);
    tap.beginJournal();
    expect(tap.journal).toEqual([]);
    tap.connection('node-a', 500, () => undefined).pass('down', third, 5);
    expect(tap.journal[0]!.connection).toBe(0);
  });

  describe('rules that pick their record by size and order', () => {
    /** Small and large records alternate; `large` is the length with the prefix. */
    const large = 2 + 40;
    const big = (fill: number) => record(...new Array<number>(large - 2).fill(fill));
    const open = (tap: TapRules) => tap.connection('node-a', 500, () => undefined);
    /** The handshake is not counted, however large. */
    const start = concat(preamble, big(0), big(0));

    test('nth counts records of a size from when the rule was added, across connections', () => {
      const tap = new TapRules();
      const before = open(tap);
      before.pass('up', concat(start, big(1)), 1);
      const strikes: TapRecord[] = [];
      tap.add({ ...at, nth: 3, minBytes: large, action: 'drop' }, (entry) => strikes.push(entry));
      expect(before.pass('up', concat(first, big(2)), 2).forward).toHaveLength(first.length + large);
      const next = open(tap);
      expect(next.pass('up', concat(start, second, big(3), big(4)), 3).forward).toEqual(concat(start, second, big(3)));
      expect(next.pass('up', big(5), 4).forward).toEqual(big(5));
      expect(open(tap).pass('up', concat(start, big(6), big(7), big(8)), 5).forward).toHaveLength(
        start.length + 3 * large,
      );
      expect(strikes).toEqual([recordsOf(tap).find(({ action }) => action === 'drop')]);
      expect(strikes[0]).toMatchObject({ connection: 1, record: 4, bytesBefore: large, bytesAfter: 0, rule: 1 });
    });

    test('afterBytes stops at the very byte, counting only records of a size', () => {
      const tap = new TapRules();
      const connection = open(tap);
      tap.add({ ...at, afterBytes: large + 10, minBytes: large, action: 'cut' });
      const passage = connection.pass('up', concat(start, first, big(1), second, big(2), third), 1);
      expect(passage).toEqual({
        forward: concat(start, first, big(1), second, big(2).slice(0, 10)),
        close: true,
      });
      expect(recordsOf(tap).at(-1)).toMatchObject({ action: 'cut', record: 5, bytesBefore: large, bytesAfter: 10 });
    });

    test.each([
      { bytes: 0, passes: 0 },
      { bytes: 1, passes: 1 },
      { bytes: large - 1, passes: large - 1 },
      { bytes: large, passes: large },
    ])('a cut after $bytes bytes of the nth record passes $passes of it', ({ bytes, passes }) => {
      const rule = { ...at, nth: 2, minBytes: large, action: 'cut', bytes } as const;
      const { passed, closed } = feed([rule], concat(start, big(1), first, big(2), third), 7);
      expect(passed).toEqual(concat(start, big(1), first, big(2).slice(0, passes)));
      expect(closed).toBe(true);
    });

    test.each([
      { inside: 0, passes: 1 },
      { inside: 0.5, passes: 21 },
      { inside: 0.999, passes: large - 1 },
    ])('a cut inside the record, at $inside of it, passes $passes bytes of it', ({ inside, passes }) => {
      const { passed } = feed([{ ...at, nth: 1, minBytes: large, action: 'cut', inside }], concat(start, big(1)), 50);
      expect(passed).toEqual(concat(start, big(1).slice(0, passes)));
    });

    test('watch tells of the record and changes nothing', () => {
      const tap = new TapRules();
      const strikes: number[] = [];
      tap.add({ ...at, record: 1, action: 'watch' }, ({ atMs }) => strikes.push(atMs));
      expect(open(tap).pass('up', stream, 9).forward).toEqual(stream);
      open(tap).pass('up', stream, 10);
      expect(strikes).toEqual([9, 10]);
      expect(recordsOf(tap)[1]).toMatchObject({ action: 'watch', bytesBefore: 4, bytesAfter: 4, rule: 1 });
    });

    test('a rule that another one was quicker than has missed its record', () => {
      const tap = new TapRules();
      const strikes: string[] = [];
      tap.add({ ...at, record: 0, action: 'watch' }, () => strikes.push('first'));
      tap.add({ ...at, record: 0, action: 'watch', times: 1 }, () => strikes.push('second'));
      open(tap).pass('up', stream, 1);
      expect(strikes).toEqual(['first']);
    });

    test.each([
      { place: { record: 2, times: 2 }, struck: [0, 1] },
      { place: { nth: 2, minBytes: large, times: 2 }, struck: [1, 2] },
      { place: { nth: 2, minBytes: large }, struck: [1] },
      { place: { nth: 2, minBytes: 0, maxBytes: large }, struck: [1] },
      { place: { nth: 1, minBytes: 0, maxBytes: large - 1 }, struck: [] },
      { place: { record: 2 }, struck: [0, 1, 2, 3] },
    ])('a rule for $place strikes on the connections $struck', ({ place, struck }) => {
      const tap = new TapRules();
      tap.add({ ...at, ...place, action: 'close-after' });
      for (let fill = 1; fill <= 4; fill += 1) open(tap).pass('up', concat(start, big(fill)), 1);
      const closed = recordsOf(tap).filter(({ action }) => action === 'close-after');
      expect(closed.map(({ connection, record: number }) => [connection, number])).toEqual(
        struck.map((one) => [one, 2]),
      );
    });
  });

  describe('hold', () => {
    /** A connection whose owner fetches what a rule lets go. */
    function world() {
      const tap = new TapRules();
      const passed: Uint8Array[] = [];
      let closed = false;
      const take = ({ forward, close }: { forward: Uint8Array; close: boolean }) => {
        passed.push(forward);
        closed ||= close;
      };
      const connection = tap.connection('node-a', 500, (way) => take(connection.pass(way, new Uint8Array(0), 99)));
      const send = (way: 'up' | 'down', bytes: Uint8Array) => take(connection.pass(way, bytes, 1));
      return { tap, connection, send, passed: () => concat(...passed), isClosed: () => closed };
    }

    test.each([
      { bytes: 0, passes: 0 },
      { bytes: 3, passes: 3 },
      { bytes: 4, passes: 4 },
    ])('passes $bytes bytes of the record, and the rest in order when the rule is taken out', ({ bytes, passes }) => {
      const { tap, send, passed, isClosed } = world();
      const takeOut = tap.add({ ...at, record: 1, action: 'hold', bytes });
      send('up', concat(preamble, first, second));
      expect(passed()).toEqual(concat(preamble, first, second.slice(0, passes)));
      send('up', third.slice(0, 1));
      send('up', third.slice(1));
      expect(passed()).toHaveLength(preambleBytes + first.length + passes);
      takeOut();
      takeOut();
      expect(passed()).toEqual(stream);
      expect(isClosed()).toBe(false);
      const total = tap.journal.reduce(
        (sum, entry) => sum + (isTapRecord(entry) ? entry.bytesAfter : entry.action === 'preamble' ? entry.bytes : 0),
        0,
      );
      expect(total).toBe(stream.length);
      expect(recordsOf(tap).map((entry) => [entry.record, entry.action, entry.atMs, entry.bytesAfter])).toEqual([
        [0, 'forward', 1, 5],
        [1, 'hold', 1, passes],
        ...(passes < second.length ? [[1, 'release', 99, second.length - passes]] : []),
        [2, 'forward', 99, 3],
      ]);
    });

    test('keeps only its own direction waiting', () => {
      const { tap, send, passed } = world();
      tap.add({ ...at, record: 0, action: 'hold', bytes: 0 });
      send('up', stream);
      send('down', third);
      expect(passed()).toEqual(concat(preamble, third));
    });

    test('what waits is judged by the other rules when it is let go', () => {
      const { tap, send, passed } = world();
      const takeOut = tap.add({ ...at, record: 1, action: 'hold', bytes: 1 });
      const strikes: string[] = [];
      tap.add({ ...at, record: 2, action: 'watch' }, () => strikes.push('watch'));
      send('up', stream);
      expect(strikes).toEqual([]);
      takeOut();
      expect(strikes).toEqual(['watch']);
      expect(passed()).toEqual(stream);
    });

    test('what waits is lost with its sender', () => {
      const { tap, connection, send, passed } = world();
      const takeOut = tap.add({ ...at, record: 1, action: 'hold', bytes: 1 });
      send('up', stream);
      expect(connection.end('up', 2)).toHaveLength(0);
      takeOut();
      expect(passed()).toHaveLength(preambleBytes + first.length + 1);
      expect(recordsOf(tap).map(({ action }) => action)).toEqual(['forward', 'hold']);
    });

    test('what waits is lost when one end of the connection is gone', () => {
      const { tap, connection, send, passed } = world();
      const takeOut = tap.add({ ...at, record: 1, action: 'hold', bytes: 1 });
      send('up', stream);
      connection.abandon();
      takeOut();
      send('up', third);
      expect(passed()).toHaveLength(preambleBytes + first.length + 1);
      expect(recordsOf(tap).map(({ action }) => action)).toEqual(['forward', 'hold']);
    });

    test('what was let go and not fetched passes before the end', () => {
      const tap = new TapRules();
      const connection = tap.connection('node-a', 500, () => undefined);
      const takeOut = tap.add({ ...at, record: 1, action: 'hold', bytes: 1 });
      const forward = connection.pass('up', stream.slice(0, -1), 1).forward;
      takeOut();
      expect(concat(forward, connection.end('up', 2))).toEqual(stream.slice(0, -1));
    });
  });

  describe('mute', () => {
    const rule: TapRule = { ...at, record: 1, times: 1, action: 'mute' };

    test('passes the record and swallows every later record of the other direction on its connection', () => {
      const tap = new TapRules();
      const strikes: TapRecord[] = [];
      tap.add(rule, (entry) => strikes.push(entry));
      const connection = tap.connection('node-a', 500, () => undefined);
      expect(connection.pass('up', concat(preamble, first), 1).forward).toHaveLength(preambleBytes + first.length);
      expect(connection.pass('down', concat(first, second.slice(0, 1)), 2).forward).toEqual(first);
      expect(connection.pass('up', second, 3)).toEqual({ forward: second, close: false });
      expect(connection.pass('down', concat(second.slice(1), third, third.slice(0, 2)), 4).forward).toHaveLength(0);
      expect(connection.end('down', 5)).toHaveLength(0);
      expect(connection.pass('up', third, 6).forward).toEqual(third);
      const other = tap.connection('node-a', 500, () => undefined);
      expect(other.pass('down', third, 7).forward).toEqual(third);
      expect(
        recordsOf(tap)
          .filter(({ direction }) => direction === 'down')
          .map((entry) => [entry.connection, entry.record, entry.action, entry.bytesBefore, entry.bytesAfter]),
      ).toEqual([
        [0, 0, 'forward', 5, 5],
        [0, 1, 'drop', 4, 0],
        [0, 2, 'drop', 3, 0],
        [0, 3, 'drop', 2, 0],
        [1, 0, 'forward', 3, 3],
      ]);
      const records = recordsOf(tap).filter((entry) => entry.rule === 1);
      expect(records.map(({ action }) => action)).toEqual(['mute', 'drop', 'drop', 'drop']);
      expect(strikes).toEqual(records.slice(0, 3));
    });

    test('taken out, it closes the connection that it muted and no other', () => {
      const tap = new TapRules();
      const takeOut = tap.add(rule);
      const woken: string[] = [];
      const muted = tap.connection('node-a', 500, () => woken.push('muted'));
      const other = tap.connection('node-a', 500, () => woken.push('other'));
      muted.pass('up', concat(preamble, first, second), 1);
      takeOut();
      expect(woken).toEqual(['muted']);
      expect(muted.pass('down', new Uint8Array(0), 2)).toEqual({ forward: new Uint8Array(0), close: true });
      expect(muted.pass('down', third, 3)).toEqual({ forward: new Uint8Array(0), close: false });
      expect(other.pass('up', stream, 4).forward).toEqual(stream);
    });
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

  test('in whatever chunks a stream comes, a rule lets the same bytes pass', () => {
    for (let round = 0; round < 60; round += 1) {
      const prng = new Prng(`tap-rules/chunks/${round}`);
      const records = Array.from({ length: 12 }, () => record(...prng.bytes(prng.below(300))));
      const whole = concat(preamble, ...records);
      const minBytes = prng.below(200);
      const place = prng.pick([
        { record: prng.below(12) },
        { nth: 1 + prng.below(6), minBytes },
        { afterBytes: 1 + prng.below(800), minBytes },
      ]);
      const action = prng.pick(['flip', 'drop', 'close-after', 'mute', 'watch', 'cut', 'hold'] as const);
      const own =
        action === 'flip'
          ? { bit: prng.below(64) }
          : (action === 'cut' || action === 'hold') && !('afterBytes' in place)
            ? prng.pick([{ bytes: prng.below(300) }, { inside: prng.fraction() }])
            : {};
      const rule = tapRule.parse({ ...at, ...place, ...own, action });
      const once = feed([rule], whole, whole.length);
      const inChunks = feed([rule], whole, 1 + prng.below(90));
      expect([round, Buffer.compare(inChunks.passed, once.passed), inChunks.closed]).toEqual([round, 0, once.closed]);
      const facts = ({ tap }: typeof once) => recordsOf(tap).map((entry) => ({ ...entry, atMs: 0 }));
      expect(facts(inChunks)).toEqual(facts(once));
      if (action === 'watch' || action === 'mute') expect(Buffer.compare(once.passed, whole)).toBe(0);
    }
  });

  test.each([
    { why: 'no place', rule: { ...at, action: 'drop' } },
    { why: 'two places', rule: { ...at, record: 1, nth: 1, minBytes: 0, action: 'drop' } },
    { why: 'a zeroth record', rule: { ...at, nth: 0, minBytes: 0, action: 'drop' } },
    { why: 'a cut without its byte', rule: { ...at, record: 1, action: 'cut' } },
    { why: 'a byte that the count decides', rule: { ...at, afterBytes: 9, minBytes: 0, action: 'hold', bytes: 1 } },
  ])('a rule with $why is no rule', ({ rule }) => {
    expect(tapRule.safeParse(rule).success).toBe(false);
  });
});
