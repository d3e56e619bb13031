import { describe, expect, test } from '@jest/globals';
import { concat, toHex } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { RecordReader, recordOf } from './records.ts';

function drain(reader: RecordReader): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let message = reader.next(); message !== null; message = reader.next()) messages.push(message);
  return messages;
}

describe('record reader', () => {
  test('a record is a big-endian length and the message', () => {
    expect(toHex(recordOf(new Uint8Array(0x1234)).subarray(0, 2))).toBe('1234');
  });

  test.each([1, 2, 3, 7, 100, 1000, 65_537, 200_000])(
    'any stream comes out whole in chunks of up to %i bytes',
    (max) => {
      const prng = new Prng(`records ${max}`);
      const sent = [0, 1, 2, 300, 65_535, 17, 4000].map((length) => prng.bytes(length));
      const stream = concat(...sent.map(recordOf));
      const reader = new RecordReader();
      const received: Uint8Array[] = [];
      for (let offset = 0; offset < stream.length; ) {
        const bytes = Math.min(1 + prng.below(max), stream.length - offset);
        reader.push(stream.slice(offset, offset + bytes));
        offset += bytes;
        received.push(...drain(reader));
      }
      expect(received.map(toHex)).toEqual(sent.map(toHex));
      expect(reader.waitingBytes).toBe(0);
    },
  );

  test('the announced length shows before the message has arrived', () => {
    const reader = new RecordReader();
    reader.push(Uint8Array.of(0xff));
    expect([reader.announcedBytes, reader.next()]).toEqual([null, null]);
    reader.push(Uint8Array.of(0xfe));
    expect([reader.announcedBytes, reader.next()]).toEqual([0xfffe, null]);
    expect(reader.waitingBytes).toBe(2);
  });

  test('messages handed out stay as they were while more arrives', () => {
    const prng = new Prng('stay');
    const reader = new RecordReader();
    const sent: string[] = [];
    const received: Uint8Array[] = [];
    for (let round = 0; round < 200; round += 1) {
      const message = prng.bytes(prng.below(50));
      sent.push(toHex(message));
      const record = recordOf(message);
      const cut = prng.below(record.length);
      reader.push(record.slice(0, cut));
      received.push(...drain(reader));
      reader.push(record.slice(cut));
      received.push(...drain(reader));
    }
    expect(received.map(toHex)).toEqual(sent);
  });
});
