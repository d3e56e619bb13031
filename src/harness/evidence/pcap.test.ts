import { describe, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { decodePacket } from './packet.ts';
import { readPcap } from './pcap.ts';
import { cooked, pcapFile, tcpFrame, udpFrame } from './traffic-for-tests.ts';

const atMs = 1_760_000_000_123.25;
const node = '10.221.0.3:40000';
const relay = '10.221.0.2:4433';
const segment = tcpFrame({ from: node, to: relay, sequence: 0xfffffff0, payload: Buffer.from('hello') });

describe('a capture file', () => {
  test.each([
    { bigEndian: false, nanoseconds: false },
    { bigEndian: false, nanoseconds: true },
    { bigEndian: true, nanoseconds: false },
    { bigEndian: true, nanoseconds: true },
  ])('is read in either byte order and precision: %j', (shape) => {
    const file = readPcap(
      pcapFile(
        [
          { atMs, bytes: segment },
          { atMs: atMs + 1, bytes: segment },
        ],
        shape,
      ),
    );
    expect(file).toMatchObject({ linkType: 1, snapped: 0, damage: null });
    expect(file.packets.map((packet) => packet.atMs)).toEqual([atMs, atMs + 1]);
    expect(Buffer.compare(file.packets[1]!.bytes, segment)).toBe(0);
    expect(file.rest.length).toBe(0);
  });

  test('tells how many packets were cut by the snap length', () => {
    const file = readPcap(pcapFile([{ atMs, bytes: segment.subarray(0, 40), originalBytes: segment.length }]));
    expect(file).toMatchObject({ snapped: 1, damage: null });
    expect(file.packets[0]!.originalBytes).toBe(segment.length);
  });

  test.each([
    { cutBytes: 1, damage: `the file ends inside packet 1 (its header says ${segment.length} bytes)`, packets: 1 },
    { cutBytes: segment.length + 3, damage: 'the file ends inside the header of packet 1', packets: 1 },
    { cutBytes: segment.length + 16, damage: null, packets: 1 },
  ])('cut $cutBytes bytes short gives $packets packet and says $damage', ({ cutBytes, damage, packets }) => {
    const whole = pcapFile([
      { atMs, bytes: segment },
      { atMs, bytes: segment },
    ]);
    const file = readPcap(whole.subarray(0, whole.length - cutBytes));
    expect(file.damage).toBe(damage);
    expect(file.packets).toHaveLength(packets);
    expect(24 + 16 + segment.length + file.rest.length).toBe(whole.length - cutBytes);
  });

  test('ends at a length that no packet has, however large the file', () => {
    const file = readPcap(
      pcapFile([
        { atMs, bytes: segment },
        { atMs, bytes: Buffer.alloc(262_145) },
      ]),
    );
    expect(file.packets).toHaveLength(1);
    expect(file.damage).toContain('its header says 262145 bytes');
  });

  test.each([
    { what: 'nothing', bytes: Buffer.alloc(0), damage: 'expected a file header of 24 bytes, got 0 bytes' },
    { what: 'text', bytes: Buffer.alloc(100, 'x'), damage: 'expected a pcap file, got another first four bytes' },
  ])('is not $what', ({ bytes, damage }) => {
    expect(readPcap(bytes)).toMatchObject({ packets: [], damage, rest: bytes });
  });
});

describe('a packet', () => {
  const expected = {
    kind: 'tcp',
    atMs,
    source: node,
    target: relay,
    sequence: 0xfffffff0,
    syn: false,
    ack: true,
    ends: false,
    resets: false,
  };

  test.each([
    { linkType: 1, bytes: segment },
    { linkType: 113, bytes: cooked(segment, 1) },
    { linkType: 276, bytes: cooked(segment, 2) },
  ])('of link type $linkType gives its segment, without the padding', ({ linkType, bytes }) => {
    const packet = decodePacket(linkType, atMs, bytes)!;
    expect(packet).toMatchObject(expected);
    expect(Buffer.from(packet.payload).toString()).toBe('hello');
  });

  test('of UDP gives its datagram', () => {
    const packet = decodePacket(1, atMs, udpFrame(node, '10.221.0.2:9', Buffer.from('the mark')))!;
    expect(packet).toMatchObject({ kind: 'udp', source: node, target: '10.221.0.2:9' });
    expect(Buffer.from(packet.payload).subarray(0, 8).toString()).toBe('the mark');
  });

  test('over IPv6 is read behind its extension headers', () => {
    const extension = Buffer.from([6, 0, 1, 4, 0, 0, 0, 0]);
    const tcp = segment.subarray(34, 34 + 25);
    const header = Buffer.alloc(40);
    header[0] = 0x60;
    header.writeUInt16BE(extension.length + tcp.length, 4);
    header[23] = 1;
    header[39] = 2;
    const packet = decodePacket(
      1,
      atMs,
      Buffer.concat([Buffer.alloc(12), Buffer.from([0x86, 0xdd]), header, extension, tcp]),
    )!;
    expect(packet).toMatchObject({ kind: 'tcp', source: '[0:0:0:0:0:0:0:1]:40000', target: '[0:0:0:0:0:0:0:2]:4433' });
    expect(Buffer.from(packet.payload).toString()).toBe('hello');
  });

  test.each([
    { what: 'of an unknown link type', linkType: 105, bytes: segment },
    {
      what: 'that is ARP',
      linkType: 1,
      bytes: Buffer.concat([Buffer.alloc(12), Buffer.from([0x08, 0x06]), Buffer.alloc(46)]),
    },
    { what: 'cut inside its TCP header', linkType: 1, bytes: segment.subarray(0, 44) },
    { what: 'that is a fragment', linkType: 1, bytes: fragment(segment) },
  ])('$what is left as it is', ({ linkType, bytes }) => {
    expect(decodePacket(linkType, atMs, bytes)).toBeNull();
  });
});

function fragment(frame: Buffer): Buffer {
  const changed = Buffer.from(frame);
  changed[14 + 6] = 0x20;
  return changed;
}

test('2,000 damaged captures and 2,000 random packets are read without an error', () => {
  const prng = new Prng('pcap damage');
  const whole = pcapFile(Array.from({ length: 12 }, () => ({ atMs, bytes: segment })));
  for (let round = 0; round < 2000; round += 1) {
    const damaged = Buffer.from(whole.subarray(0, prng.below(whole.length + 1)));
    for (let flips = prng.below(6); flips > 0 && damaged.length > 0; flips -= 1) {
      damaged[prng.below(damaged.length)] = prng.below(256);
    }
    const file = readPcap(damaged);
    expect(file.packets.length).toBeLessThanOrEqual(12);
    for (const packet of file.packets) decodePacket(file.linkType, packet.atMs, packet.bytes);
    const random = Buffer.from(prng.bytes(prng.below(120)));
    if (random.length > 16) random.writeUInt16BE(prng.pick([0x0800, 0x86dd]), 12);
    decodePacket(1, atMs, random);
  }
});
