import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  type HandshakeStage,
  handshakeField,
  handshakeMessage,
  handshakeMessages,
  kemPublicKeyBytes,
} from '../../contract/wire.ts';
import { toHex, utf8 } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { type Dh, x25519 } from './dh.ts';
import { Handshake, HandshakeError, type HandshakeOptions, protocolNames, type Session } from './handshake.ts';
import { blake2s } from './hash.ts';
import { type Kem, seededKem } from './kem.ts';
import { ephemeralsOf, staticKeysOf } from './key-material.ts';

const nothing = new Uint8Array(0);
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

interface Vector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly resp_prologue: string;
  readonly init_static: string;
  readonly resp_static: string;
  readonly init_ephemeral: string;
  readonly resp_ephemeral: string;
  readonly handshake_hash?: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
  readonly after_rekey?: { readonly payload: string; readonly ciphertext: string };
}

function vectorsOf(name: string): readonly Vector[] {
  return JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8'));
}

/** Fills secrets up to the length that both modes take; the classical one never uses the ML-KEM part. */
function padded(hex: string, bytes: number): Uint8Array {
  const filled = new Uint8Array(bytes);
  filled.set(bytesOf(hex));
  return filled;
}

/** Runs both sides and compares every message with the published one, and then the transport messages. */
function check(mode: 'classical' | 'hybrid', vector: Vector): void {
  const side = (role: 'initiator' | 'responder', prologue: string, own: string, ephemeral: string) =>
    new Handshake({
      role,
      mode,
      prologue: bytesOf(prologue),
      keys: staticKeysOf(padded(own, 96)),
      ephemerals: ephemeralsOf(padded(ephemeral, 160)),
      kem: seededKem,
      payloadBytesMax: 65_535,
    });
  const initiator = side('initiator', vector.init_prologue, vector.init_static, vector.init_ephemeral);
  const responder = side('responder', vector.resp_prologue, vector.resp_static, vector.resp_ephemeral);
  const handshakeCount = handshakeMessages[mode].length;
  for (const [index, { payload, ciphertext }] of vector.messages.slice(0, handshakeCount).entries()) {
    const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator];
    const message = writer.write(bytesOf(payload));
    expect(toHex(message)).toBe(ciphertext);
    expect(toHex(reader.read(message))).toBe(payload);
  }
  const [a, b] = [initiator.session!, responder.session!];
  expect(toHex(a.handshakeHash)).toBe(toHex(b.handshakeHash));
  if (vector.handshake_hash !== undefined) expect(toHex(a.handshakeHash)).toBe(vector.handshake_hash);
  for (const [index, { payload, ciphertext }] of vector.messages.entries()) {
    if (index < handshakeCount) continue;
    const [sender, receiver] = index % 2 === 0 ? [a, b] : [b, a];
    expect(toHex(sender.send.seal(nothing, bytesOf(payload)))).toBe(ciphertext);
    expect(toHex(receiver.receive.open(nothing, bytesOf(ciphertext)))).toBe(payload);
  }
  if (vector.after_rekey === undefined) return;
  a.send.rekey();
  expect(toHex(a.send.seal(nothing, bytesOf(vector.after_rekey.payload)))).toBe(vector.after_rekey.ciphertext);
}

describe('published vectors', () => {
  // Cacophony (haskell-cryptography/cacophony, vectors/cacophony.txt) as shipped with snow 0.9.6.
  test.each(vectorsOf('noise-xx-cacophony'))('Cacophony: $protocol_name', (vector) => {
    check('classical', vector);
  });

  // snow 0.9.6, tests/vectors/snow.txt.
  test.each(vectorsOf('noise-xx-snow'))('snow: $protocol_name', (vector) => {
    check('classical', vector);
  });

  // Made with clatter 2.1.0 (its noise_hybrid_xx, whose order later versions changed) over a scripted random source:
  // static and ephemeral values are the bytes it drew, in order.
  test.each(vectorsOf('noise-hybrid-xx-clatter'))('clatter: $protocol_name', (vector) => {
    expect(vector.protocol_name).toBe(protocolNames.hybrid);
    check('hybrid', vector);
  });
});

type Side = Partial<HandshakeOptions>;

function pair(seed: string, first: Side = {}, second: Side = {}): { initiator: Handshake; responder: Handshake } {
  const prng = new Prng(seed);
  const common = { mode: 'hybrid', prologue: utf8('prologue'), kem: seededKem } as const;
  const keys = () => ({ keys: staticKeysOf(prng.bytes(96)), ephemerals: ephemeralsOf(prng.bytes(160)) });
  return {
    initiator: new Handshake({ ...common, ...keys(), role: 'initiator', ...first }),
    responder: new Handshake({ ...common, ...keys(), role: 'responder', ...second }),
  };
}

/** Runs a handshake; `change` may alter each message on its way. Throws what either side throws. */
function run(
  { initiator, responder }: { initiator: Handshake; responder: Handshake },
  change: (stage: HandshakeStage, message: Uint8Array) => Uint8Array = (_stage, message) => message,
): { first: Session; second: Session; messages: Uint8Array[] } {
  const messages: Uint8Array[] = [];
  for (let writer = initiator; initiator.turn !== 'none' || responder.turn !== 'none'; ) {
    const reader = writer === initiator ? responder : initiator;
    const stage = writer.stage;
    const message = writer.write();
    messages.push(message);
    reader.read(change(stage, Uint8Array.from(message)));
    writer = reader;
  }
  return { first: initiator.session!, second: responder.session!, messages };
}

/** The HandshakeError that the work throws. */
function failureOf(work: () => unknown): HandshakeError {
  try {
    work();
  } catch (error) {
    if (error instanceof HandshakeError) return error;
    throw error;
  }
  throw new Error('expected a HandshakeError, nothing was thrown');
}

describe('hybrid handshake', () => {
  test('both sides agree on keys, binding and each other', () => {
    const prng = new Prng('both sides');
    const [a, b] = [staticKeysOf(prng.bytes(96)), staticKeysOf(prng.bytes(96))];
    const { first, second } = run(pair('both sides', { keys: a }, { keys: b }));
    expect(toHex(first.send.exportKey())).toBe(toHex(second.receive.exportKey()));
    expect(toHex(second.send.exportKey())).toBe(toHex(first.receive.exportKey()));
    expect(toHex(first.send.exportKey())).not.toBe(toHex(first.receive.exportKey()));
    expect(toHex(first.handshakeHash)).toBe(toHex(second.handshakeHash));
    expect(toHex(first.remote.dh) + toHex(first.remote.kem!)).toBe(toHex(b.dh.publicKey) + toHex(b.kem.publicKey));
    expect(toHex(second.remote.dh) + toHex(second.remote.kem!)).toBe(toHex(a.dh.publicKey) + toHex(a.kem.publicKey));
  });

  test('messages have the sizes of the wire layout', () => {
    const { messages } = run(pair('sizes'));
    expect(messages.map((message) => message.length)).toEqual(handshakeMessages.hybrid.map(({ bytes }) => bytes));
  });

  test('a fixed seed gives the transcript recorded here', () => {
    const { messages, first } = run(pair('golden'));
    expect(toHex(blake2s(Buffer.concat(messages)))).toBe(
      '9b0840af621cd8b6b60574e80835ab225965b222070bad0a798d548c2e8db30d',
    );
    expect(toHex(first.handshakeHash)).toBe('405fd1b17e3ce93840e5c89dd6b0e139c139c0ed1085a81661aa1886f13afc37');
  });

  test('a different prologue ends it at m2', () => {
    const failure = failureOf(() => run(pair('prologue', {}, { prologue: utf8('other') })));
    expect(failure).toMatchObject({ stage: 'm2', reason: 'agreement' });
  });

  test('classical keys on both sides work too, and nothing is said about ML-KEM', () => {
    const { first, messages } = run(pair('classical', { mode: 'classical' }, { mode: 'classical' }));
    expect(messages.map((message) => message.length)).toEqual([32, 96, 64]);
    expect(first.remote.kem).toBeNull();
  });

  test('an initiator that does not know these keys stops before it shows its own', () => {
    const seen: number[] = [];
    const { initiator, responder } = pair('peer', {
      acceptsRemote: ({ dh, kem }) => {
        seen.push(dh.length, kem!.length);
        return false;
      },
    });
    responder.read(initiator.write());
    const failure = failureOf(() => initiator.read(responder.write()));
    expect(failure).toMatchObject({ stage: 'm2', reason: 'peer' });
    expect(seen).toEqual([32, kemPublicKeyBytes]);
    expect(failureOf(() => initiator.write())).toMatchObject({ stage: 'm2', reason: 'order' });
  });

  test('its randomness is overwritten at the end, good or bad', () => {
    for (const change of [
      (_: HandshakeStage, m: Uint8Array) => m,
      (_: HandshakeStage, m: Uint8Array) => m.subarray(1),
    ]) {
      const random = new Prng('wipe').bytes(160);
      const sides = pair('wipe', { ephemerals: ephemeralsOf(random) });
      try {
        run(sides, change);
      } catch (error) {
        if (!(error instanceof HandshakeError)) throw error;
        sides.initiator.wipe();
      }
      expect(random.every((byte) => byte === 0)).toBe(true);
    }
  });

  test('messages out of turn are refused and end it', () => {
    const { initiator, responder } = pair('turn');
    expect(failureOf(() => responder.write())).toMatchObject({ stage: 'm1', reason: 'order' });
    expect(failureOf(() => responder.read(initiator.write()))).toMatchObject({ stage: 'm1', reason: 'order' });
    expect(failureOf(() => initiator.write())).toMatchObject({ stage: 'm2', reason: 'order' });
    expect(initiator.session).toBeNull();
  });

  test('after the end there is nothing to write or read', () => {
    const sides = pair('over');
    run(sides);
    expect(sides.initiator.turn).toBe('none');
    expect(failureOf(() => sides.initiator.write())).toMatchObject({ reason: 'order' });
  });
});

describe('damage on the way', () => {
  const stages = handshakeMessages.hybrid.map(({ stage }) => stage);

  test.each(stages.flatMap((stage) => [-1, 1].map((by) => ({ stage, by }))))(
    'hybrid $stage with $by byte is refused at $stage, with the fields and their lengths',
    ({ stage, by }) => {
      const nominal = handshakeMessage('hybrid', stage).bytes;
      const failure = failureOf(() =>
        run(pair('length'), (at, message) => {
          if (at !== stage) return message;
          const altered = new Uint8Array(nominal + by);
          altered.set(message.subarray(0, nominal + by));
          return altered;
        }),
      );
      expect(failure).toMatchObject({ stage, reason: 'length' });
      expect(failure.message).toContain(`expected ${nominal} bytes`);
      expect(failure.message).toContain(`got ${nominal + by}`);
      expect(failure.message).toMatch(stage === 'm1' ? /kem-e 1184/ : stage === 'm2' ? /ekem 1088/ : /skem 1104/);
    },
  );

  test.each(stages)('hybrid %s cut anywhere is refused by its length', (stage) => {
    for (let length = 0; length < handshakeMessage('hybrid', stage).bytes; length += 97) {
      const failure = failureOf(() =>
        run(pair('cut'), (at, message) => (at === stage ? message.subarray(0, length) : message)),
      );
      expect(failure).toMatchObject({ stage, reason: 'length' });
    }
  });

  const places = handshakeMessages.hybrid.flatMap(({ stage, fields }) => fields.map(({ name }) => ({ stage, name })));
  test.each(places)('a flipped bit in $name of $stage is refused, and never told apart', ({ stage, name }) => {
    const { offset, bytes } = handshakeField('hybrid', stage, name);
    for (const at of [offset, offset + (bytes >> 1), offset + bytes - 1]) {
      const failure = failureOf(() =>
        run(pair('flip'), (current, message) => {
          if (current === stage) message[at]! ^= 1;
          return message;
        }),
      );
      // Nothing in m1 is sealed: the initiator notices when it opens m2.
      expect(failure.stage).toBe(stage === 'm1' ? 'm2' : stage);
      expect(failure.reason).toBe('agreement');
      expect(failure.message).toBe(`handshake ${failure.stage}: hybrid key agreement failed`);
    }
  });

  test.each(['m1', 'm2'] as const)('an ML-KEM key out of range in %s is refused at once and by name', (stage) => {
    const { offset, bytes } = handshakeField('hybrid', stage, 'kem-e');
    const failure = failureOf(() =>
      run(pair('range'), (at, message) => (at === stage ? message.fill(0xff, offset, offset + bytes) : message)),
    );
    expect(failure).toMatchObject({ stage, reason: 'public-key', field: 'kem-e' });
  });

  test('a static ML-KEM key out of range is refused by name, although it came sealed', () => {
    const prng = new Prng('static key');
    const good = staticKeysOf(prng.bytes(96));
    const bad = { ...good, kem: { ...good.kem, publicKey: new Uint8Array(kemPublicKeyBytes).fill(0xff) } };
    const failure = failureOf(() => run(pair('static key', {}, { keys: bad })));
    expect(failure).toMatchObject({ stage: 'm2', reason: 'public-key', field: 'kem-s' });
  });

  test('another valid ML-KEM key in m1 ends it at m2', () => {
    const other = seededKem.keypairFromSeed(new Prng('other').bytes(64)).publicKey;
    const failure = failureOf(() =>
      run(pair('swap'), (at, message) => {
        if (at === 'm1') message.set(other, 32);
        return message;
      }),
    );
    expect(failure).toMatchObject({ stage: 'm2', reason: 'agreement' });
  });

  test('an X25519 key of small order is refused by whoever agrees with it first', () => {
    const failure = failureOf(() =>
      run(pair('small order'), (at, message) => (at === 'm1' ? message.fill(0, 0, 32) : message)),
    );
    expect(failure).toMatchObject({ stage: 'm2', reason: 'agreement' });
  });

  test('a message of another handshake is refused', () => {
    const { messages } = run(pair('recorded'));
    for (const [index, stage] of stages.entries()) {
      if (stage === 'm1') continue;
      const failure = failureOf(() => run(pair('live'), (at, message) => (at === stage ? messages[index]! : message)));
      expect(failure).toMatchObject({ stage, reason: 'agreement' });
    }
  });

  test('seeded garbage of any length never gets further than a typed refusal', () => {
    const prng = new Prng('garbage');
    for (let round = 0; round < 400; round += 1) {
      const { responder } = pair('garbage keys');
      const length = prng.chance(0.5) ? 1216 : prng.below(3000);
      const bytes = prng.bytes(length);
      const refused = failureOf(() => responder.read(bytes));
      expect(refused.stage).toBe('m1');
      expect(refused.reason).toBe(length === 1216 ? 'public-key' : 'length');
    }
  });
});

describe('one half that fails', () => {
  const broken = () => {
    throw new Error('this text must not get out');
  };

  test.each<{ what: string; kem?: Partial<Kem>; dh?: Partial<Dh> }>([
    { what: 'decapsulation throws', kem: { decapsulate: broken } },
    { what: 'decapsulation gives zeros', kem: { decapsulate: () => new Uint8Array(32) } },
    { what: 'encapsulation throws', kem: { encapsulate: broken } },
    { what: 'X25519 throws', dh: { agree: broken } },
    { what: 'X25519 gives zeros', dh: { agree: () => new Uint8Array(32) } },
    { what: 'X25519 gives something else', dh: { agree: () => new Uint8Array(32).fill(9) } },
  ])('$what: no session, and the same words', ({ kem = {}, dh = {} }) => {
    for (const role of ['initiator', 'responder']) {
      const parts = { kem: { ...seededKem, ...kem }, dh: { ...x25519, ...dh } };
      const sides = role === 'initiator' ? pair('half', parts) : pair('half', {}, parts);
      const failure = failureOf(() => run(sides));
      expect(failure.message).toBe(`handshake ${failure.stage}: hybrid key agreement failed`);
      expect(failure.cause).toBeUndefined();
      expect([sides.initiator.session, sides.responder.session]).toContain(null);
    }
  });
});
