import { describe, expect, test } from '@jest/globals';
import {
  handshakeDownBytes,
  handshakeField,
  handshakeMessages,
  handshakeUpBytes,
  type Mode,
  m1RecordEnd,
  m2RecordEnd,
  preambleBytes,
} from '../../contract/wire.ts';
import { concat, toHex, utf8 } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { seededKem } from './kem.ts';
import { ephemeralsOf, staticKeysOf } from './key-material.ts';
import { ChannelError, type ChannelEvent, SecureChannel } from './secure-channel.ts';

interface PairOptions {
  readonly mode?: Mode;
  readonly allowsClassical?: boolean;
  readonly rekeyEveryRecords?: number;
}

function pair(
  seed: string,
  { mode = 'hybrid', allowsClassical = false, rekeyEveryRecords = 65_536 }: PairOptions = {},
) {
  const prng = new Prng(seed);
  const secrets = () => ({ keys: staticKeysOf(prng.bytes(96)), ephemerals: ephemeralsOf(prng.bytes(160)) });
  const common = { kem: seededKem, rekeyEveryRecords };
  return {
    initiator: new SecureChannel({ ...common, ...secrets(), role: 'initiator', mode }),
    responder: new SecureChannel({ ...common, ...secrets(), role: 'responder', allowsClassical }),
  };
}

interface Run {
  readonly initiator: SecureChannel;
  readonly responder: SecureChannel;
  readonly up: Uint8Array;
  readonly down: Uint8Array;
  readonly events: { readonly initiator: ChannelEvent[]; readonly responder: ChannelEvent[] };
}

/** Lets both sides talk until neither has anything to send; `chunks` cuts what travels. */
function connect(
  channels: { initiator: SecureChannel; responder: SecureChannel },
  chunks: (bytes: Uint8Array) => Uint8Array[] = (bytes) => [bytes],
): Run {
  const { initiator, responder } = channels;
  const sent = { up: [initiator.start()], down: [] as Uint8Array[] };
  const events = { initiator: [] as ChannelEvent[], responder: [] as ChannelEvent[] };
  const pass = (bytes: Uint8Array, to: SecureChannel, seen: ChannelEvent[], answers: Uint8Array[]) => {
    for (const chunk of chunks(bytes)) {
      for (const event of to.receive(Uint8Array.from(chunk))) {
        seen.push(event);
        if (event.kind === 'send') answers.push(event.bytes);
      }
    }
  };
  for (let up = 0, down = 0; up < sent.up.length || down < sent.down.length; ) {
    for (; up < sent.up.length; up += 1) pass(sent.up[up]!, responder, events.responder, sent.down);
    for (; down < sent.down.length; down += 1) pass(sent.down[down]!, initiator, events.initiator, sent.up);
  }
  return { ...channels, up: concat(...sent.up), down: concat(...sent.down), events };
}

function failureOf(work: () => unknown): ChannelError {
  try {
    work();
  } catch (error) {
    if (error instanceof ChannelError) return error;
    throw error;
  }
  throw new Error('expected a ChannelError, nothing was thrown');
}

const envelopesOf = (events: readonly ChannelEvent[]) =>
  events.flatMap((event) => (event.kind === 'envelope' ? [toHex(event.bytes)] : []));

describe('establishing', () => {
  test('a hybrid channel costs exactly the bytes of the wire layout', () => {
    const { up, down, initiator, responder } = connect(pair('bytes'));
    expect([up.length, down.length]).toEqual([handshakeUpBytes, handshakeDownBytes]);
    expect([initiator.isEstablished, responder.isEstablished]).toEqual([true, true]);
  });

  test('both sides report the binding and each other, once', () => {
    const { events, initiator, responder } = connect(pair('report'));
    const reports = [...events.initiator, ...events.responder].filter((event) => event.kind === 'established');
    expect(reports).toHaveLength(2);
    expect(toHex(reports[0]!.handshakeHash)).toBe(toHex(reports[1]!.handshakeHash));
    expect(reports.map(({ mode }) => mode)).toEqual(['hybrid', 'hybrid']);
    expect(reports.map(({ remoteStatic }) => remoteStatic.kem!.length)).toEqual([1184, 1184]);
    const [a, b] = [initiator.exportKeys(), responder.exportKeys()];
    expect([toHex(a.sendKey), toHex(a.receiveKey)]).toEqual([toHex(b.receiveKey), toHex(b.sendKey)]);
    expect(toHex(a.handshakeHash)).toBe(toHex(reports[0]!.handshakeHash));
  });

  test('the responder sends m4 before it reports', () => {
    const { events } = connect(pair('order'));
    expect(events.responder.map(({ kind }) => kind)).toEqual(['send', 'send', 'established']);
    expect(events.initiator.map(({ kind }) => kind)).toEqual(['send', 'established']);
  });

  test.each([1, 2, 13, 1000])('in chunks of %i bytes it is the same', (size) => {
    const cut = (bytes: Uint8Array) =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
    const { initiator, responder } = connect(pair('chunks'), cut);
    expect(initiator.isEstablished && responder.isEstablished).toBe(true);
  });

  test('classical works where it is allowed', () => {
    const { events, up } = connect(pair('classical', { mode: 'classical', allowsClassical: true }));
    expect(events.responder.at(-1)).toMatchObject({
      kind: 'established',
      mode: 'classical',
      remoteStatic: { kem: null },
    });
    expect(up[preambleBytes - 1]).toBe(0x01);
  });

  test('classical is refused where it is not', () => {
    const failure = failureOf(() => connect(pair('refused', { mode: 'classical' })));
    expect(failure).toMatchObject({ kind: 'handshake', stage: 'm1', reason: 'mode' });
  });

  test.each([0x00, 0x03, 0xff])('mode byte %i is refused', (byte) => {
    const { responder } = pair('mode', { allowsClassical: true });
    const failure = failureOf(() => responder.receive(concat(utf8('/0k-sync/1'), Uint8Array.of(byte))));
    expect(failure).toMatchObject({ kind: 'handshake', stage: 'm1', reason: 'mode' });
  });

  test('a changed mode byte does not downgrade', () => {
    const { initiator, responder } = pair('downgrade', { allowsClassical: true });
    const opening = initiator.start();
    opening[preambleBytes - 1] = 0x01;
    expect(failureOf(() => responder.receive(opening))).toMatchObject({ stage: 'm1', reason: 'length' });
  });

  test.each(['GET / HTTP/1.1', '\x16\x03\x01', '/0k-sync/2', '\0'])(
    'a stranger who opens with %j is refused at once',
    (text) => {
      const { responder } = pair('stranger');
      expect(failureOf(() => responder.receive(utf8(text)))).toMatchObject({ kind: 'handshake', reason: 'preamble' });
    },
  );

  test('a stranger is refused at the first byte that cannot be ours', () => {
    const { responder } = pair('first byte');
    for (const byte of utf8('/0k')) expect(responder.receive(Uint8Array.of(byte))).toEqual([]);
    expect(failureOf(() => responder.receive(utf8('!')))).toMatchObject({ reason: 'preamble' });
  });

  test('an impossible record length is refused when its prefix is there', () => {
    const { initiator, responder } = pair('prefix');
    const opening = initiator.start().slice(0, preambleBytes + 2);
    opening.set([0xff, 0xff], preambleBytes);
    expect(failureOf(() => responder.receive(opening))).toMatchObject({ stage: 'm1', reason: 'length' });
  });

  test('bytes before the initiator has spoken are refused', () => {
    expect(failureOf(() => pair('early').initiator.receive(Uint8Array.of(0)))).toMatchObject({ reason: 'order' });
  });

  test('cut at every byte of m1, the responder waits and has answered nothing', () => {
    const opening = pair('cut').initiator.start();
    expect(opening).toHaveLength(m1RecordEnd);
    const { responder } = pair('cut');
    for (let offset = 0; offset < opening.length - 1; offset += 1) {
      expect(responder.receive(opening.subarray(offset, offset + 1))).toEqual([]);
    }
    expect(responder.receive(opening.subarray(-1)).map(({ kind }) => kind)).toEqual(['send']);
    expect(responder.isEstablished).toBe(false);
  });

  test('a flip in any handshake record ends it as a handshake failure at that message', () => {
    for (const { stage, from } of handshakeMessages.hybrid.slice(1)) {
      const { initiator, responder } = pair('flip');
      const stages: string[] = [];
      let bytes = initiator.start();
      const failure = failureOf(() => {
        for (let to = responder, index = 0; ; to = to === responder ? initiator : responder, index += 1) {
          const current = handshakeMessages.hybrid[index]!;
          stages.push(current.stage);
          if (current.stage === stage) bytes[2 + handshakeField('hybrid', stage, 'payload-tag').offset]! ^= 1;
          const send = to.receive(bytes).find((event) => event.kind === 'send');
          bytes = Uint8Array.from(send!.bytes);
        }
      });
      expect(failure).toMatchObject({ kind: 'handshake', stage, reason: 'agreement' });
      expect(stages.at(-1)).toBe(stage);
      const reader = from === 'initiator' ? responder : initiator;
      expect(reader.isEstablished).toBe(false);
      expect(failureOf(() => reader.receive(new Uint8Array(1))).kind).toBe('handshake');
    }
  });

  test('m2 of another session before any m1 is not accepted by a responder', () => {
    const { down } = connect(pair('other'));
    const { responder } = pair('m2 first');
    expect(failureOf(() => responder.receive(down.slice(0, m2RecordEnd))).reason).toBe('preamble');
  });

  test('the initiator says no to unknown keys before it shows its own', () => {
    const prng = new Prng('no');
    const { responder } = pair('no');
    const initiator = new SecureChannel({
      role: 'initiator',
      mode: 'hybrid',
      kem: seededKem,
      keys: staticKeysOf(prng.bytes(96)),
      ephemerals: ephemeralsOf(prng.bytes(160)),
      acceptsRemote: () => false,
    });
    expect(failureOf(() => connect({ initiator, responder }))).toMatchObject({ stage: 'm2', reason: 'peer' });
  });

  test('a failure before the handshake began overwrites the randomness too', () => {
    const random = new Prng('unused').bytes(160);
    const responder = new SecureChannel({
      role: 'responder',
      allowsClassical: false,
      kem: seededKem,
      keys: staticKeysOf(new Prng('keys').bytes(96)),
      ephemerals: ephemeralsOf(random),
    });
    failureOf(() => responder.receive(utf8('x')));
    expect(random.every((byte) => byte === 0)).toBe(true);
  });
});

describe('talking', () => {
  test('envelopes of every size arrive whole and in order, both ways', () => {
    const prng = new Prng('talk');
    const { initiator, responder } = connect(pair('talk'));
    for (const [from, to] of [
      [initiator, responder],
      [responder, initiator],
    ] as const) {
      const sent = [1, 100, 65_515, 65_516, 1_114_112, 1024].map((bytes) => prng.bytes(bytes));
      const stream = concat(...sent.map((envelope) => from.seal(envelope)));
      const received: string[] = [];
      for (let offset = 0; offset < stream.length; ) {
        const bytes = 1 + prng.below(100_000);
        received.push(...envelopesOf(to.receive(stream.slice(offset, offset + bytes))));
        offset += bytes;
      }
      expect(received).toEqual(sent.map(toHex));
    }
  });

  test('progress counts the bytes of what is still arriving', () => {
    const { initiator, responder } = connect(pair('progress'));
    const bytes = initiator.seal(new Uint8Array(70_000));
    responder.receive(bytes.slice(0, 100));
    expect(responder.incompleteBytes).toBe(100);
    responder.receive(bytes.slice(100, 65_537));
    expect(responder.incompleteBytes).toBe(65_519);
    responder.receive(bytes.slice(65_537, -1));
    expect(responder.incompleteBytes).toBeGreaterThan(65_519);
    expect(envelopesOf(responder.receive(bytes.slice(-1)))).toHaveLength(1);
    expect(responder.incompleteBytes).toBe(0);
  });

  test.each([
    { when: 'a flipped bit', change: (bytes: Uint8Array) => bytes.with(20, bytes[20]! ^ 1), kind: 'auth' },
    {
      when: 'a record too short for anything',
      change: () => Uint8Array.of(0, 16, ...Array(16).fill(0)),
      kind: 'length',
    },
    { when: 'an empty record', change: () => Uint8Array.of(0, 0), kind: 'length' },
    { when: 'another record', change: (bytes: Uint8Array) => concat(bytes, bytes), kind: 'auth' },
  ])('$when ends it as $kind, and it stays dead', ({ change, kind }) => {
    const { initiator, responder } = connect(pair('dead'));
    const first = responder.receive(initiator.seal(utf8('first')));
    expect(envelopesOf(first)).toHaveLength(1);
    const failure = failureOf(() => responder.receive(change(initiator.seal(utf8('second')))));
    expect(failure).toMatchObject({ kind, stage: null, reason: null });
    expect(failureOf(() => responder.receive(initiator.seal(utf8('third'))))).toMatchObject({ kind, events: [] });
    expect(failureOf(() => responder.seal(utf8('no')))).toMatchObject({ kind });
    expect(responder.isEstablished).toBe(false);
  });

  test('what the same bytes brought before the failure comes with it', () => {
    const { initiator, responder } = connect(pair('before'));
    const good = initiator.seal(utf8('good'));
    const bad = initiator.seal(utf8('bad'));
    bad[5]! ^= 1;
    const failure = failureOf(() => responder.receive(concat(good, bad)));
    expect(envelopesOf(failure.events)).toEqual([toHex(utf8('good'))]);
    expect(failure.message).toBe('decryption failed');
  });

  test('swapped, repeated and recorded records are refused', () => {
    const recorded = connect(pair('recorded')).initiator.seal(utf8('one'));
    for (const change of [
      (one: Uint8Array, two: Uint8Array) => concat(two, one),
      (one: Uint8Array) => concat(one, one),
      () => recorded,
    ]) {
      const { initiator, responder } = connect(pair('live'));
      const bytes = change(initiator.seal(utf8('one')), initiator.seal(utf8('two')));
      expect(failureOf(() => responder.receive(bytes)).kind).toBe('auth');
    }
  });

  test('closing forgets the keys', () => {
    const { initiator } = connect(pair('close'));
    initiator.close();
    expect(initiator.isEstablished).toBe(false);
    expect(failureOf(() => initiator.seal(utf8('late'))).message).toBe('the channel is closed');
  });

  test('sealing before the channel is established is our own bug', () => {
    expect(() => pair('early').initiator.seal(utf8('early'))).toThrow('the channel is established before it seals');
  });
});

describe('rekeying', () => {
  test('each direction changes its key by its own count, in the middle of a frame too', () => {
    const { initiator, responder } = connect(pair('rekey', { rekeyEveryRecords: 3 }));
    const prng = new Prng('rekey');
    const before = toHex(initiator.exportKeys().sendKey);
    for (let round = 0; round < 10; round += 1) {
      const envelope = prng.bytes(1 + prng.below(200_000));
      expect(envelopesOf(responder.receive(initiator.seal(envelope)))).toEqual([toHex(envelope)]);
    }
    expect(initiator.rekeyCounts.send).toBeGreaterThanOrEqual(3);
    expect(responder.rekeyCounts).toEqual({ send: 0, receive: initiator.rekeyCounts.send });
    const keys = initiator.exportKeys();
    expect(toHex(keys.sendKey)).not.toBe(before);
    expect(toHex(keys.sendKey)).toBe(toHex(responder.exportKeys().receiveKey));
    expect(keys.receiveCounter).toBe(0n);
  });

  test('a side that changes its key one record too early is not understood', () => {
    const { responder } = pair('early rekey', { rekeyEveryRecords: 3 });
    const { initiator } = pair('early rekey', { rekeyEveryRecords: 2 });
    connect({ initiator, responder });
    const records = [1, 2, 3].map((byte) => initiator.seal(Uint8Array.of(byte)));
    responder.receive(concat(records[0]!, records[1]!));
    expect(failureOf(() => responder.receive(records[2]!)).kind).toBe('auth');
  });

  test('the protocol rekeys after 65536 records', () => {
    const { initiator, responder } = connect(pair('65536'));
    const before = toHex(initiator.exportKeys().sendKey);
    for (let count = 0; count < 65_535; count += 1) responder.receive(initiator.seal(Uint8Array.of(1)));
    expect([initiator.rekeyCounts.send, toHex(initiator.exportKeys().sendKey)]).toEqual([0, before]);
    responder.receive(initiator.seal(Uint8Array.of(1)));
    expect([initiator.rekeyCounts.send, responder.rekeyCounts.receive]).toEqual([1, 1]);
    expect(envelopesOf(responder.receive(initiator.seal(Uint8Array.of(2))))).toEqual(['02']);
  });
});

test('seeded garbage at any point ends in a ChannelError or in silence', () => {
  const prng = new Prng('garbage');
  const { up } = connect(pair('garbage'));
  for (let round = 0; round < 2000; round += 1) {
    const stream = up.slice(0, prng.below(up.length));
    for (let count = prng.below(4); count > 0 && stream.length > 0; count -= 1)
      stream[prng.below(stream.length)] = prng.below(256);
    const { responder } = round % 10 === 0 ? connect(pair('garbage live')) : pair('garbage');
    try {
      responder.receive(concat(stream, prng.bytes(prng.below(50))));
    } catch (error) {
      expect(error).toBeInstanceOf(ChannelError);
    }
  }
});
