import { describe, expect, test } from '@jest/globals';
import { encode } from '@msgpack/msgpack';
import { errorCodes, frameBytesMax, messageTypes } from '../../contract/wire.ts';
import { Prng } from '../../support/prng.ts';
import { FrameReader, firstOfBody, messageNameIn, unreadableMessage } from './frame-reader.ts';
import { envelope, frame } from './traffic-for-tests.ts';

describe('the message in an envelope', () => {
  const rest = [new Uint8Array(32), new Uint8Array(32), 0, 1_760_000_000, new Uint8Array(24), new Uint8Array(9)];

  test.each(Object.entries(messageTypes))('is named: %s', (name, type) => {
    expect(messageNameIn(encode([1, type, ...rest]))).toBe(name);
  });

  test('is named among more elements, in wider numbers, and by its number when it has no name', () => {
    expect(messageNameIn(encode([1, 0x10, ...rest, ...Array.from({ length: 20 }, () => 'more')]))).toBe('PUSH');
    expect(messageNameIn(Buffer.concat([Buffer.from([0xdd, 0, 0, 0, 8, 1, 0xcd, 0, 0x11]), Buffer.alloc(6)]))).toBe(
      'PUSH_ACK',
    );
    expect(messageNameIn(encode([1, 0x7e, ...rest]))).toBe('0x7e');
  });

  test.each([
    { what: 'nothing', bytes: Buffer.alloc(0) },
    { what: 'a map', bytes: encode({ version: 1 }) },
    { what: 'an array of seven', bytes: encode([1, 16, ...rest.slice(1)]) },
    { what: 'an array cut short', bytes: Buffer.from([0x98, 1]) },
    { what: 'an array head cut short', bytes: Buffer.from([0xdd, 0, 0]) },
    { what: 'a type that is text', bytes: encode([1, 'PUSH', ...rest]) },
    { what: 'a type below zero', bytes: encode([1, -1, ...rest]) },
  ])('is not found in $what', ({ bytes }) => {
    expect(messageNameIn(bytes)).toBeNull();
  });
});

describe('the cursor of a request for a page', () => {
  const pull = (body: Uint8Array) =>
    encode([1, messageTypes.PULL, new Uint8Array(32), new Uint8Array(300), 0, 1_760_000_000, new Uint8Array(24), body]);

  test.each([0, 5, 200, 40_000, 70_000, 2 ** 40])('is %i', (after) => {
    expect(firstOfBody(pull(encode([after, 100])))).toBe(after);
    const [found] = new FrameReader().read(frame(pull(encode([after, 100]))));
    expect(found).toEqual({ name: 'PULL', after, code: null });
  });

  test('is not found in a body that is cut short, empty or none, and other messages have none', () => {
    for (const body of [Buffer.alloc(0), encode([]), encode('text'), encode(['five'])])
      expect(firstOfBody(pull(body))).toBeNull();
    const whole = pull(encode([70_000, 100]));
    for (let length = 0; length < whole.length - 1; length += 1)
      expect(firstOfBody(whole.subarray(0, length))).toBeNull();
    const push = encode([1, messageTypes.PUSH, ...Array.from({ length: 5 }, () => 0), encode([5, 100])]);
    expect(new FrameReader().read(frame(push))).toEqual([{ name: 'PUSH', after: null, code: null }]);
  });
});

test('the code of an ERROR is found', () => {
  const rest = [new Uint8Array(32), new Uint8Array(32), 0, 1_760_000_000, new Uint8Array(24)];
  const error = encode([1, messageTypes.ERROR, ...rest, encode([errorCodes.RELAY_SHUTTING_DOWN, 'going down'])]);
  expect(new FrameReader().read(frame(error))).toEqual([{ name: 'ERROR', after: null, code: 3001 }]);
});

describe('a stream of frames', () => {
  const stream = Buffer.concat([
    frame(envelope(messageTypes.HELLO, Buffer.alloc(300))),
    frame(Buffer.from('no envelope')),
    frame(envelope(messageTypes.PULL, Buffer.alloc(3))),
  ]);
  const names = ['HELLO', unreadableMessage, 'PULL'];

  test('gives each message with the piece it ends in, however it is cut', () => {
    const prng = new Prng('frames');
    for (let round = 0; round < 200; round += 1) {
      const reader = new FrameReader();
      const found: string[] = [];
      for (let at = 0; at < stream.length; ) {
        const length = 1 + prng.below(prng.pick([2, 50, 400]));
        found.push(...namesOf(reader.read(stream.subarray(at, at + length))));
        at += length;
      }
      expect(found).toEqual(names);
      expect(reader.readable).toBe(2);
    }
    const reader = new FrameReader();
    expect(namesOf(reader.read(stream.subarray(0, -1)))).toEqual(names.slice(0, 2));
    expect(namesOf(reader.read(stream.subarray(-1)))).toEqual(names.slice(2));
  });

  test('ends at a length outside the limits', () => {
    for (const length of [0, frameBytesMax + 1]) {
      const bad = Buffer.alloc(4);
      bad.writeUInt32BE(length);
      const reader = new FrameReader();
      expect(namesOf(reader.read(Buffer.concat([stream, bad])))).toEqual(names);
      expect(reader.read(stream)).toEqual([]);
    }
    const largest = new FrameReader();
    expect(namesOf(largest.read(frame(envelope(messageTypes.PUSH, Buffer.alloc(frameBytesMax - 14)))))).toEqual([
      'PUSH',
    ]);
  });
});

function namesOf(found: ReturnType<FrameReader['read']>): string[] {
  return found.map(({ name }) => name);
}
