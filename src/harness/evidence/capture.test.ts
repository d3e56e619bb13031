import { describe, expect, test } from '@jest/globals';
import { handshakeMessage, messageTypes, recordPlaintextBytesMax, rekeyEveryRecords } from '../../contract/wire.ts';
import { Prng } from '../../support/prng.ts';
import { prepareSearch } from './canary-search.ts';
import { type CapturedChunk, type CaptureOptions, CaptureReader, type CaptureReading, readCapture } from './capture.ts';
import {
  envelope,
  frame,
  pcapFile,
  type TestFrame,
  type TestSession,
  tcpFrame,
  testSession,
  udpFrame,
} from './traffic-for-tests.ts';

const mark = 'MarkOfTheTester1';
const canary = Buffer.from('a canary of the content');
const node = '10.221.0.3:40000';
const relay = '10.221.0.2:4433';
const search = prepareSearch([{ label: 'content', bytes: canary }], mark);

function optionsFor(...sessions: TestSession[]): CaptureOptions {
  return { relayPorts: [4433], framing: 'records-u16', sessionKeys: sessions.map(({ keys }) => keys), mark };
}

interface Conversation {
  readonly up: Buffer;
  readonly down: Buffer;
}

/** HELLO and a large PUSH up, WELCOME and two messages in one record down. */
function conversation(session: TestSession, body: Uint8Array = canary): Conversation {
  const push = frame(envelope(messageTypes.PUSH, Buffer.concat([Buffer.alloc(80_000), body])));
  return {
    up: Buffer.concat([
      session.handshakeUp,
      session.up.seal(frame(envelope(messageTypes.HELLO, Buffer.alloc(60)))),
      session.up.seal(push.subarray(0, recordPlaintextBytesMax)),
      session.up.seal(push.subarray(recordPlaintextBytesMax)),
    ]),
    down: Buffer.concat([
      session.handshakeDown,
      session.down.seal(frame(envelope(messageTypes.WELCOME, Buffer.alloc(50)))),
      session.down.seal(
        Buffer.concat([
          frame(envelope(messageTypes.PUSH_ACK, Buffer.alloc(30))),
          frame(envelope(messageTypes.ERROR, Buffer.alloc(9))),
        ]),
      ),
    ]),
  };
}

function chunks({ up, down }: Conversation, flow = 'node-a#0'): CapturedChunk[] {
  return [
    { atMs: 100, flow, direction: 'up', bytes: up.subarray(0, 1000) },
    { atMs: 110, flow, direction: 'up', bytes: up.subarray(1000, 4000) },
    { atMs: 120, flow, direction: 'down', bytes: down.subarray(0, 3) },
    { atMs: 130, flow, direction: 'down', bytes: down.subarray(3) },
    { atMs: 140, flow, direction: 'up', bytes: up.subarray(4000) },
  ];
}

function readChunks(list: readonly CapturedChunk[], options: CaptureOptions): CaptureReading {
  const input = {
    kind: 'chunks',
    point: 'relay',
    chunks: list,
    datagrams: [Buffer.from(mark)],
    packetsCounted: 6,
  } as const;
  return readCapture(input, options);
}

/** The conversation as segments of 1,400 bytes, with repeats and two neighbours swapped. */
function pcapOf({ up, down }: Conversation, from = node): Buffer {
  const frames: TestFrame[] = [
    { atMs: 90, bytes: tcpFrame({ from, to: relay, sequence: 999, flags: 'syn' }) },
    { atMs: 91, bytes: tcpFrame({ from: relay, to: from, sequence: 4999, flags: 'syn-ack' }) },
    { atMs: 95, bytes: udpFrame(from, '10.221.0.2:9', Buffer.from(mark)) },
  ];
  const add = (sender: string, to: string, first: number, bytes: Buffer): void => {
    for (let offset = 0, index = 0; offset < bytes.length; offset += 1400, index += 1) {
      const payload = bytes.subarray(offset, offset + 1400);
      frames.push({ atMs: 100 + index, bytes: tcpFrame({ from: sender, to, sequence: first + offset, payload }) });
      if (index % 5 === 2) frames.push({ ...frames.at(-1)!, atMs: 101 + index });
      if (index % 7 === 3) frames.splice(-2, 2, frames.at(-1)!, frames.at(-2)!);
    }
  };
  add(from, relay, 1000, up);
  add(relay, from, 5000, down);
  return pcapFile(frames);
}

function readFile(bytes: Uint8Array, options: CaptureOptions): CaptureReading {
  return readCapture({ kind: 'pcap', point: 'relay', bytes, packetsCounted: null }, options);
}

test('everybody whom a point exchanged packets with is told, by name where it has one', () => {
  const session = testSession(new Prng('peers'));
  const talk = conversation(session);
  const options = {
    ...optionsFor(session),
    nameOf: (address: string) => (address === host(node) ? 'node-a' : address),
  };
  expect(readFile(pcapOf(talk), options).capture.peers).toEqual([host(relay), 'node-a']);
  const peers = readChunks(
    chunks(talk).map((chunk) => ({ ...chunk, peer: 'node-b' })),
    options,
  ).capture.peers;
  expect(peers).toEqual(['node-b']);
});

describe('a session with keys', () => {
  test('from a simulated link is split into records with times, sizes and messages', () => {
    const session = testSession(new Prng('chunks'));
    const talk = conversation(session);
    const reading = readChunks(chunks(talk), optionsFor(session));
    expect(reading.capture).toMatchObject({
      point: 'relay',
      packets: 6,
      packetsCounted: 6,
      bytes: talk.up.length + talk.down.length + mark.length,
      markFound: true,
      openedSessions: 1,
      opaqueSessions: 0,
    });
    const shown = reading.capture.records.map(({ direction, index, firstMs, lastMs, messages }) => ({
      direction,
      index,
      times: [firstMs, lastMs],
      messages,
    }));
    expect(shown).toEqual([
      { direction: 'up', index: 0, times: [100, 110], messages: null },
      { direction: 'up', index: 1, times: [110, 110], messages: null },
      { direction: 'up', index: 2, times: [110, 110], messages: ['HELLO'] },
      { direction: 'up', index: 3, times: [110, 140], messages: [] },
      { direction: 'down', index: 0, times: [120, 130], messages: null },
      { direction: 'down', index: 1, times: [130, 130], messages: null },
      { direction: 'down', index: 2, times: [130, 130], messages: ['WELCOME'] },
      { direction: 'down', index: 3, times: [130, 130], messages: ['PUSH_ACK', 'ERROR'] },
      { direction: 'up', index: 4, times: [140, 140], messages: ['PUSH'] },
    ]);
    expect(reading.capture.records[0]!.bytes).toBe(2 + handshakeMessage('hybrid', 'm1').bytes);
    expect(reading.raw).toMatchObject({ source: 'capture:relay', kind: 'capture', opaque: false });
    expect(reading.problems).toEqual([]);
    expect(reading.unopenedRecords).toBe(0);
  });

  test('shows a canary only in its frames, and the mark in both', () => {
    const session = testSession(new Prng('canary'));
    const { raw, frames } = readChunks(chunks(conversation(session)), optionsFor(session));
    expect(search.search(raw)).toMatchObject({ markFound: true, hits: [] });
    expect(search.search(frames!)).toMatchObject({ source: 'frames:relay', kind: 'frames', markFound: true });
    expect(search.search(frames!).hits).toMatchObject([{ canary: 'content', encoding: 'raw' }]);
  });

  test('reads the same from a packet capture with repeats and segments out of order', () => {
    const session = testSession(new Prng('pcap'));
    const talk = conversation(session);
    const fromChunks = readChunks(chunks(talk), optionsFor(session));
    const reading = readFile(pcapOf(talk), optionsFor(session));
    expect(reading.problems).toEqual([]);
    expect(reading.capture).toMatchObject({ openedSessions: 1, opaqueSessions: 0, markFound: true });
    const shown = ({ capture }: CaptureReading) =>
      capture.records
        .map(({ direction, index, bytes, messages }) => JSON.stringify([direction, index, bytes, messages]))
        .sort();
    expect(shown(reading)).toEqual(shown(fromChunks));
    expect(Buffer.compare(reading.frames!.bytes, fromChunks.frames!.bytes)).toBe(0);
    expect(new Set(reading.capture.records.map(({ flow }) => flow))).toEqual(new Set([`${node}>${relay}`]));
  });

  test('is opened across a change of keys', () => {
    const session = testSession(new Prng('rekey'));
    const ping = frame(envelope(messageTypes.PRESENCE, Buffer.alloc(4)));
    const count = rekeyEveryRecords + 3;
    const up = Buffer.concat([session.handshakeUp, ...Array.from({ length: count }, () => session.up.seal(ping))]);
    const reading = readChunks(chunks({ up, down: session.handshakeDown }), optionsFor(session));
    expect(reading.unopenedRecords).toBe(0);
    expect(reading.capture.records.filter(({ messages }) => messages?.[0] === 'PRESENCE')).toHaveLength(count);
  });

  test('one flipped bit closes the rest of that direction and nothing else', () => {
    const session = testSession(new Prng('flip'));
    const talk = conversation(session);
    talk.up[talk.up.length - 1]! ^= 1;
    const reading = readChunks(chunks(talk), optionsFor(session));
    expect(reading.capture).toMatchObject({ openedSessions: 1, opaqueSessions: 0 });
    expect(reading.unopenedRecords).toBe(1);
    expect(reading.capture.records.at(-1)!.messages).toBeNull();
    expect(reading.capture.records.filter(({ direction }) => direction === 'down').at(-1)!.messages).toHaveLength(2);
  });

  test('is found by its ephemeral even when another session used the same', () => {
    const prng = new Prng('twice');
    const [first, second] = [testSession(prng), testSession(prng)];
    const reused = { ...first.keys, initiatorKey: second.keys.initiatorKey, responderKey: second.keys.responderKey };
    const talk = conversation(first);
    const options = { ...optionsFor(first), sessionKeys: [reused, first.keys] };
    expect(readChunks(chunks(talk), options).capture).toMatchObject({ openedSessions: 1, opaqueSessions: 0 });
  });
});

describe('a capture is opaque', () => {
  const prng = new Prng('opaque');

  test('when a session’s keys are not known', () => {
    const [known, unknown] = [testSession(prng), testSession(prng)];
    const both = [...chunks(conversation(known), 'a'), ...chunks(conversation(unknown), 'b')];
    const reading = readChunks(both, optionsFor(known));
    expect(reading.capture).toMatchObject({ openedSessions: 1, opaqueSessions: 1 });
    expect(reading.raw.opaque).toBe(true);
    expect(search.search(reading.raw).opaque).toBe(true);
  });

  test('when the keys of one direction are wrong', () => {
    const session = testSession(prng);
    const keys = { ...session.keys, responderKey: session.keys.initiatorKey };
    const reading = readChunks(chunks(conversation(session)), { ...optionsFor(session), sessionKeys: [keys] });
    expect(reading.capture).toMatchObject({ openedSessions: 0, opaqueSessions: 1 });
    expect(search.search(reading.frames!).hits).toHaveLength(1);
  });

  test('when its framing is unknown, and still a canary in clear is found', () => {
    const list: CapturedChunk[] = [
      { atMs: 1, flow: 'f', direction: 'up', bytes: Buffer.concat([Buffer.from('PUT /'), canary.subarray(0, 9)]) },
      { atMs: 2, flow: 'f', direction: 'down', bytes: Buffer.from('HTTP/1.1 100 Continue') },
      { atMs: 3, flow: 'f', direction: 'up', bytes: canary.subarray(9) },
    ];
    const reading = readChunks(list, { ...optionsFor(), framing: 'none' });
    expect(reading.capture).toMatchObject({ openedSessions: 0, opaqueSessions: 1 });
    // What came at once stands for a record.
    expect(
      reading.capture.records.map(({ direction, index, bytes, lastMs }) => [direction, index, bytes, lastMs]),
    ).toEqual([
      ['up', 0, 14, 1],
      ['down', 0, 21, 2],
      ['up', 1, canary.length - 9, 3],
    ]);
    expect(search.search(reading.raw).hits).toHaveLength(1);
  });

  test('when bytes of its handshake are missing and no keys are known', () => {
    const { up } = conversation(testSession(prng));
    const part = (offset: number, end: number) =>
      tcpFrame({ from: node, to: relay, sequence: 1 + offset, payload: up.subarray(offset, end) });
    const file = pcapFile([
      { atMs: 1, bytes: tcpFrame({ from: node, to: relay, sequence: 0, flags: 'syn' }) },
      { atMs: 2, bytes: part(0, 500) },
      { atMs: 3, bytes: part(600, 1400) },
    ]);
    expect(readFile(file, optionsFor()).capture).toMatchObject({ openedSessions: 0, opaqueSessions: 1 });
  });

  test('when the start of a session was not seen', () => {
    const session = testSession(prng);
    const frames = pcapOf(conversation(session));
    // Without the two packets that open the connection.
    const syn = tcpFrame({ from: node, to: relay, sequence: 999, flags: 'syn' }).length + 16;
    const late = Buffer.concat([frames.subarray(0, 24), frames.subarray(24 + 2 * syn)]);
    expect(readFile(late, optionsFor(session)).capture).toMatchObject({ openedSessions: 0, opaqueSessions: 1 });
  });
});

describe('a connection is neither opened nor opaque', () => {
  test.each([
    { when: 'it is cut inside its handshake', bytes: (up: Buffer) => up.subarray(0, 1300) },
    { when: 'it is no session', bytes: () => Buffer.from('GET / HTTP/1.1\r\n\r\n') },
    {
      when: 'its handshake has other sizes',
      bytes: (up: Buffer) => Buffer.concat([up.subarray(0, 1229), up.subarray(11)]),
    },
    { when: 'nothing was said', bytes: () => Buffer.alloc(0) },
  ])('when $when', ({ bytes }) => {
    const session = testSession(new Prng('neither'));
    const up = bytes(session.handshakeUp);
    const reading = readChunks([{ atMs: 1, flow: 'f', direction: 'up', bytes: up }], optionsFor());
    expect(reading.capture).toMatchObject({ openedSessions: 0, opaqueSessions: 0 });
    expect(reading.frames).toBeNull();
    expect(reading.raw.bytes.length).toBe(mark.length + up.length);
  });
});

describe('a packet capture', () => {
  test('is searched for a canary that straddles segments, in traffic of any port', () => {
    const half = canary.length >> 1;
    const other = '10.221.0.9:80';
    const file = pcapFile([
      { atMs: 1, bytes: tcpFrame({ from: node, to: other, sequence: 0, flags: 'syn' }) },
      { atMs: 2, bytes: tcpFrame({ from: node, to: other, sequence: 1 + half, payload: canary.subarray(half) }) },
      { atMs: 3, bytes: tcpFrame({ from: node, to: other, sequence: 1, payload: canary.subarray(0, half) }) },
    ]);
    expect(search.search(readFile(file, optionsFor()).raw).hits).toHaveLength(1);
    expect(readFile(file, optionsFor()).capture).toMatchObject({ packets: 3, markFound: false, opaqueSessions: 0 });
  });

  test('without the marked packet does not have its mark', () => {
    const session = testSession(new Prng('no mark'));
    const options = { ...optionsFor(session), mark: 'AnotherMark99' };
    const reading = readFile(pcapOf(conversation(session)), options);
    expect(reading.capture.markFound).toBe(false);
    expect(search.search(reading.frames!).markFound).toBe(false);
  });

  test('whose sessions hold no message does not have its mark in the frames', () => {
    const session = testSession(new Prng('no message'));
    const up = Buffer.concat([session.handshakeUp, session.up.seal(frame(Buffer.from('no envelope')))]);
    const reading = readFile(pcapOf({ up, down: session.handshakeDown }), optionsFor(session));
    expect(reading.capture).toMatchObject({ openedSessions: 1, markFound: true });
    expect(search.search(reading.frames!).markFound).toBe(false);
  });

  test('says what is missing from it', () => {
    const session = testSession(new Prng('gap'));
    const { up } = conversation(session);
    const part = (offset: number, end: number) =>
      tcpFrame({ from: node, to: relay, sequence: 1 + offset, payload: up.subarray(offset, end) });
    const whole = pcapFile([
      { atMs: 1, bytes: tcpFrame({ from: node, to: relay, sequence: 0, flags: 'syn' }) },
      { atMs: 2, bytes: part(0, 1400) },
      { atMs: 3, bytes: part(2000, 3400) },
      { atMs: 4, bytes: part(3400, 4800).subarray(0, 500), originalBytes: 1454 },
    ]);
    const reading = readFile(whole.subarray(0, whole.length - 1), optionsFor(session));
    expect(reading.problems).toEqual([
      expect.stringMatching(/^the file ends inside packet 3/),
      `${node}>${relay} up: 600 bytes are missing in between`,
    ]);
    expect(readFile(whole, optionsFor(session)).problems[0]).toBe('1 packets were cut by the snap length');
    expect(readFile(pcapFile([{ atMs: 1, bytes: up }], { linkType: 105 }), optionsFor()).problems).toEqual([
      'expected link type 1 (Ethernet), 113 or 276 (Linux cooked), got 105',
    ]);
  });

  test('damaged in 2,000 ways is read without an error', () => {
    const prng = new Prng('damaged captures');
    const session = testSession(prng);
    const { up, down } = conversation(session, canary);
    const whole = pcapOf({ up: up.subarray(0, 6000), down: down.subarray(0, 5500) });
    for (let round = 0; round < 2000; round += 1) {
      const damaged = Buffer.from(whole.subarray(0, prng.below(whole.length + 1)));
      for (let flips = prng.below(12); flips > 0 && damaged.length > 0; flips -= 1) {
        damaged[prng.below(damaged.length)] = prng.below(256);
      }
      const { capture } = readFile(damaged, optionsFor(session));
      expect(capture.openedSessions + capture.opaqueSessions).toBeLessThanOrEqual(4);
    }
  });
});

describe('the same traffic at two points', () => {
  const session = testSession(new Prng('two points'));
  const talk = conversation(session);
  const options = optionsFor(session);
  const flipped = { ...talk, up: Buffer.from(talk.up) };
  flipped.up[flipped.up.length - 100]! ^= 1;
  const shorter = { up: talk.up.subarray(0, -1), down: talk.down.subarray(0, -60) };
  const input = (point: string, list: readonly CapturedChunk[]) =>
    ({ kind: 'chunks', point, chunks: list, datagrams: [Buffer.from(mark)], packetsCounted: null }) as const;
  /** Everything that is read, with the search of it, as plain values. */
  const shown = ({ raw, frames, ...rest }: CaptureReading, by = search) => ({
    ...rest,
    raw: [Buffer.from(raw.bytes).toString('base64'), by.search(raw)],
    frames: frames === null ? null : [Buffer.from(frames.bytes).toString('base64'), by.search(frames)],
  });

  test.each([
    { how: 'whole', first: talk, second: talk },
    { how: 'cut short at the second', first: talk, second: shorter },
    { how: 'cut short at the first', first: shorter, second: talk },
    { how: 'damaged at the second', first: talk, second: flipped },
    { how: 'damaged at the first', first: flipped, second: talk },
    { how: 'with nothing in it at the first', first: { up: talk.up, down: Buffer.alloc(0) }, second: talk },
  ])('is read as at each point alone: $how', ({ first, second }) => {
    const reader = new CaptureReader(options);
    const by = prepareSearch([{ label: 'content', bytes: canary }], mark);
    const inputs = [input('relay', chunks(first)), input('node-a', chunks(second)), input('relay', chunks(first))];
    for (const one of inputs) expect(shown(reader.read(one), by)).toEqual(shown(readCapture(one, options)));
  });

  test('is searched at both', () => {
    const reader = new CaptureReader(options);
    for (const point of ['relay', 'node-a']) {
      const { frames } = reader.read(input(point, chunks(talk)));
      expect(search.search(frames!)).toMatchObject({
        source: `frames:${point}`,
        markFound: true,
        hits: [{ canary: 'content' }],
      });
    }
  });

  test('shares memory where it is the same, so that nothing is opened or searched twice', () => {
    const reader = new CaptureReader(options);
    const [first, second] = ['relay', 'node-a'].map((point) => reader.read(input(point, chunks(talk))));
    expect(second!.frames!.pieces![0]).toBe(first!.frames!.pieces![0]);
    expect(second!.raw.pieces![1]).toBe(first!.raw.pieces![1]);
  });
});

function host(end: string): string {
  return end.slice(0, end.lastIndexOf(':'));
}
