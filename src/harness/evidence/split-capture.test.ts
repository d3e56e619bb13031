import { expect, test } from '@jest/globals';
import { utf8 } from '../../support/bytes.ts';
import { readPcap } from './pcap.ts';
import { splitCapture } from './split-capture.ts';
import { pcapFile, tcpFrame, udpFrame } from './traffic-for-tests.ts';

const machine = '10.0.0.11';
const proxy = '10.0.0.2';
const ports = new Map([
  ['node-a', 7001],
  ['node-b', 7002],
]);

function segment(port: number, direction: 'up' | 'down', text: string) {
  const [own, peer] = [`${machine}:40000`, `${proxy}:${port}`];
  const [from, to] = direction === 'up' ? [own, peer] : [peer, own];
  return tcpFrame({ from, to, sequence: 1, payload: utf8(text) });
}

const mark = udpFrame(`${machine}:5000`, `${proxy}:9`, utf8('mark'));
const frames = [mark, segment(7001, 'up', 'a up'), segment(7002, 'up', 'b up'), segment(7001, 'down', 'a down')];
const file = pcapFile(frames.map((bytes, index) => ({ atMs: index, bytes })));

test('each packet goes to the node whose port it names, and what names none to all', () => {
  const [a, b] = splitCapture({ bytes: file, packetsCounted: 4 }, ports);
  const times = (bytes: Uint8Array) => readPcap(bytes).packets.map(({ atMs }) => atMs);
  expect([a?.point, times(a!.bytes), a?.packetsCounted]).toEqual(['node-a', [0, 1, 3], 3]);
  expect([b?.point, times(b!.bytes), b?.packetsCounted]).toEqual(['node-b', [0, 2], 2]);
  expect(Buffer.from(a!.bytes).includes('b up')).toBe(false);
});

test('packets that the whole capture lacks are lacking in each part', () => {
  const parts = splitCapture({ bytes: file, packetsCounted: 7 }, ports);
  expect(parts.map(({ packetsCounted }) => packetsCounted)).toEqual([6, 5]);
});

test('a damaged file stays damaged in each part', () => {
  for (const part of splitCapture({ bytes: file.subarray(0, file.length - 1), packetsCounted: 4 }, ports)) {
    expect(readPcap(part.bytes).damage).toContain('ends inside packet');
  }
});

test('a file that is none gives parts that are none', () => {
  for (const part of splitCapture({ bytes: utf8('nothing of a capture'), packetsCounted: 0 }, ports)) {
    expect(readPcap(part.bytes).damage).not.toBeNull();
  }
});
