import { describe, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { ArrivalReader } from './byte-stream.ts';
import type { TcpSegment } from './packet.ts';
import { reassembleTcp } from './tcp-streams.ts';

const a = '10.0.0.3:40000';
const b = '10.0.0.2:4433';

interface Sent {
  readonly at?: number;
  readonly from?: string;
  /** Of the first byte, counted from the initial sequence number. */
  readonly offset?: number;
  readonly text?: string;
  readonly flags?: 'syn' | 'syn-ack';
  /** FIN or RST. */
  readonly ends?: boolean;
  readonly resets?: boolean;
  readonly first?: number;
}

function segment({
  at = 0,
  from = a,
  offset = 0,
  text = '',
  flags,
  ends = false,
  resets = false,
  first = 0xffff_fffc,
}: Sent): TcpSegment {
  const sequence = flags === undefined ? (first + 1 + offset) >>> 0 : first;
  return {
    kind: 'tcp',
    atMs: at,
    source: from,
    target: from === a ? b : a,
    sequence,
    syn: flags !== undefined,
    ack: flags !== 'syn',
    ends: ends || resets,
    resets,
    payload: Buffer.from(text),
  };
}

function sentByA(...sent: Sent[]) {
  const [connection] = reassembleTcp([segment({ flags: 'syn' }), ...sent.map(segment)]);
  return connection!.sent[a]!;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

describe('segments become a stream', () => {
  test.each<{ when: string; sent: Sent[] }>([
    {
      when: 'in order, past the end of the sequence numbers',
      sent: [
        { offset: 0, text: 'chaos ' },
        { offset: 6, text: 'theory' },
      ],
    },
    {
      when: 'out of order',
      sent: [
        { offset: 6, text: 'theory' },
        { offset: 3, text: 'os ' },
        { offset: 0, text: 'cha' },
      ],
    },
    {
      when: 'sent again',
      sent: [
        { offset: 0, text: 'chaos ' },
        { offset: 0, text: 'chaos ' },
        { offset: 6, text: 'theory' },
      ],
    },
    {
      when: 'sent again, longer',
      sent: [
        { offset: 0, text: 'chaos' },
        { offset: 0, text: 'chaos theory' },
      ],
    },
    {
      when: 'overlapping from both sides',
      sent: [
        { offset: 0, text: 'chaos t' },
        { offset: 8, text: 'eory' },
        { offset: 4, text: 's theo' },
      ],
    },
    {
      when: 'covered by a later one',
      sent: [
        { offset: 2, text: 'ao' },
        { offset: 4, text: 's' },
        { offset: 0, text: 'chaos theory' },
      ],
    },
    {
      when: 'with another version of a byte: the first seen holds',
      sent: [
        { offset: 0, text: 'chaos ' },
        { offset: 4, text: 'X theory' },
      ],
    },
    {
      when: 'after a keep-alive probe',
      sent: [
        { offset: 0, text: 'chaos ' },
        { offset: 5, text: ' ' },
        { offset: 6, text: 'theory' },
      ],
    },
  ])('$when', ({ sent }) => {
    const stream = sentByA(...sent);
    expect(text(stream.bytes)).toBe('chaos theory');
    expect(stream).toMatchObject({ astray: [], missingBytes: 0 });
  });

  test('2,000 shuffles with losses made good, repeats and overlaps give the same bytes', () => {
    const prng = new Prng('shuffle');
    const whole = Buffer.from(prng.bytes(400)).toString('hex');
    for (let round = 0; round < 2000; round += 1) {
      const sent: Sent[] = [];
      for (let offset = 0; offset < whole.length; ) {
        const length = 1 + prng.below(120);
        sent.push({ offset, text: whole.slice(offset, offset + length) });
        const back = prng.below(60);
        if (prng.chance(0.3))
          sent.push({ offset: Math.max(0, offset - back), text: whole.slice(Math.max(0, offset - back), offset + 9) });
        offset += length;
      }
      const order = sent.map((one) => ({ one, key: prng.fraction() })).sort((x, y) => x.key - y.key);
      const stream = sentByA(...order.map(({ one }) => one));
      expect(text(stream.bytes)).toBe(whole);
      expect(stream.missingBytes).toBe(0);
    }
  });
});

test('a gap ends the stream; what lies behind it is kept apart, put together', () => {
  const stream = sentByA(
    { offset: 0, text: 'chaos' },
    { offset: 9, text: 'or' },
    { offset: 10, text: 'ry' },
    { offset: 20, text: 'end' },
  );
  expect(text(stream.bytes)).toBe('chaos');
  expect(stream.astray.map(text)).toEqual(['ory', 'end']);
  expect(stream.missingBytes).toBe(4 + 8);
});

test('the two directions and the initiator are told apart', () => {
  const [connection] = reassembleTcp(
    [
      { flags: 'syn' as const },
      { flags: 'syn-ack' as const, from: b, first: 77 },
      { text: 'up' },
      { text: 'down', from: b, first: 77 },
    ].map(segment),
  );
  expect(connection!.initiator).toBe(a);
  expect(text(connection!.sent[a]!.bytes)).toBe('up');
  expect(text(connection!.sent[b]!.bytes)).toBe('down');
});

test('the same two ends again are another connection, a repeated first packet is not', () => {
  const connections = reassembleTcp(
    [
      { flags: 'syn' as const },
      { flags: 'syn' as const },
      { text: 'one' },
      { flags: 'syn' as const, first: 5000 },
      { text: 'two', first: 5000 },
    ].map(segment),
  );
  expect(connections.map(({ earlier, sent }) => [earlier, text(sent[a]!.bytes)])).toEqual([
    [0, 'one'],
    [1, 'two'],
  ]);
});

test('a connection without its first packet starts where it is first seen', () => {
  const [connection] = reassembleTcp(
    [
      { offset: 4, text: 'chaos' },
      { offset: 0, text: 'lost' },
    ].map(segment),
  );
  expect(connection!.initiator).toBeNull();
  expect(text(connection!.sent[a]!.bytes)).toBe('chaos');
  expect(connection!.sent[a]!.astray.map(text)).toEqual(['lost']);
});

test('each range of a stream knows when it was seen', () => {
  const stream = sentByA(
    { at: 10, offset: 0, text: 'abcd' },
    { at: 20, offset: 8, text: 'ijkl' },
    { at: 30, offset: 4, text: 'efgh' },
    { at: 40, offset: 0, text: 'abcdefghijkl' },
  );
  const arrivals = new ArrivalReader(stream);
  expect(arrivals.of(0, 2)).toEqual({ firstMs: 10, lastMs: 10 });
  expect(arrivals.of(2, 6)).toEqual({ firstMs: 10, lastMs: 30 });
  expect(arrivals.of(6, 9)).toEqual({ firstMs: 30, lastMs: 30 });
  expect(arrivals.of(9, 12)).toEqual({ firstMs: 20, lastMs: 20 });
});

test('a connection is open from its first SYN to the first FIN or RST of either side', () => {
  const seen = [
    { at: 1, flags: 'syn' },
    { at: 2, flags: 'syn' }, // Sent again.
    { at: 3, from: b, flags: 'syn-ack' },
    { at: 4, from: b, ends: true },
    { at: 5, ends: true },
  ] as const;
  expect(reassembleTcp(seen.map(segment))[0]).toMatchObject({ openedMs: 1, endedMs: 4, wasReset: false });
  const reset = [...seen.slice(0, 3), { at: 4, from: b, resets: true }, { at: 5, ends: true }] as const;
  expect(reassembleTcp(reset.map(segment))[0]).toMatchObject({ endedMs: 4, wasReset: true });
  expect(reassembleTcp([segment({ at: 9, text: 'late' })])[0]).toMatchObject({ openedMs: null, endedMs: null });
});
