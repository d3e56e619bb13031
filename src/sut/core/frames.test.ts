import { describe, expect, test } from '@jest/globals';
import { frameBytesMax, recordPlaintextBytesMax } from '../../contract/wire.ts';
import { concat, toHex } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { FrameError, FrameReader, framePlaintexts } from './frames.ts';

function prefix(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

describe('frames', () => {
  test.each([
    { bytes: 1, plaintexts: [5] },
    { bytes: 65_515, plaintexts: [65_519] },
    { bytes: 65_516, plaintexts: [65_519, 1] },
    { bytes: 131_034, plaintexts: [65_519, 65_519] },
    { bytes: frameBytesMax, plaintexts: [...Array(17).fill(65_519), 293] },
  ])('an envelope of $bytes bytes travels in $plaintexts.length records', ({ bytes, plaintexts }) => {
    const envelope = new Prng('envelope').bytes(bytes);
    const cut = framePlaintexts(envelope);
    expect(cut.map((plaintext) => plaintext.length)).toEqual(plaintexts);
    const reader = new FrameReader();
    const received = cut.flatMap((plaintext) => [...reader.push(plaintext)]);
    expect(received.map(toHex)).toEqual([toHex(envelope)]);
    expect(reader.receivedBytes).toBe(0);
  });

  test.each([1, 2, 3, 5, 50, 5000])('any cut into plaintexts of up to %i bytes gives the same envelopes', (max) => {
    const prng = new Prng(`frames ${max}`);
    const sent = [1, 2, 3, 4, 5, 6, 40, 1000, 30_000].map((length) => prng.bytes(length));
    const stream = concat(...sent.map((envelope) => concat(prefix(envelope.length), envelope)));
    const reader = new FrameReader();
    const received: string[] = [];
    for (let offset = 0; offset < stream.length; ) {
      const bytes = Math.min(1 + prng.below(max), stream.length - offset, recordPlaintextBytesMax);
      for (const envelope of reader.push(stream.slice(offset, offset + bytes))) received.push(toHex(envelope));
      offset += bytes;
    }
    expect(received).toEqual(sent.map(toHex));
  });

  test('progress counts the bytes of the frame that is arriving, its length field included', () => {
    const reader = new FrameReader();
    const seen = [prefix(10).subarray(0, 3), prefix(10).subarray(3), new Uint8Array(7), new Uint8Array(3)].map(
      (part) => {
        const envelopes = [...reader.push(part)];
        return [reader.receivedBytes, envelopes.length];
      },
    );
    expect(seen).toEqual([
      [3, 0],
      [4, 0],
      [11, 0],
      [0, 1],
    ]);
  });

  test.each([0, frameBytesMax + 1, 2 ** 31, 2 ** 32 - 1])('a length of %i is refused before the body', (length) => {
    const reader = new FrameReader();
    expect(() => [...reader.push(prefix(length))]).toThrow(FrameError);
    expect(() => [...new FrameReader().push(prefix(length))]).toThrow(`1 to ${frameBytesMax} bytes, got ${length}`);
  });

  test('what came before a bad length is still handed out', () => {
    const reader = new FrameReader();
    const received: Uint8Array[] = [];
    expect(() => {
      for (const envelope of reader.push(concat(prefix(2), Uint8Array.of(1, 2), prefix(0)))) received.push(envelope);
    }).toThrow(FrameError);
    expect(received.map(toHex)).toEqual(['0102']);
  });

  test('a frame announced large and never sent costs only what arrived', () => {
    const reader = new FrameReader();
    expect([...reader.push(concat(prefix(frameBytesMax), new Uint8Array(100)))]).toEqual([]);
    expect(reader.receivedBytes).toBe(104);
  });

  test('an envelope that fits no frame is our own bug', () => {
    expect(() => framePlaintexts(new Uint8Array(0))).toThrow('an envelope has 1 to');
    expect(() => framePlaintexts(new Uint8Array(frameBytesMax + 1))).toThrow('an envelope has 1 to');
  });

  test('random plaintexts end in envelopes or a FrameError, never in anything else', () => {
    const prng = new Prng('garbage frames');
    for (let round = 0; round < 3000; round += 1) {
      const reader = new FrameReader();
      try {
        for (let part = 0; part < 5; part += 1) {
          const bytes = prng.bytes(prng.below(40));
          if (prng.chance(0.7) && bytes.length >= 4) bytes.set(prefix(prng.below(20)));
          for (const envelope of reader.push(bytes)) expect(envelope.length).toBeGreaterThan(0);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError);
      }
    }
  });
});
