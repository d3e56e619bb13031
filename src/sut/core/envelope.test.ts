import { describe, expect, test } from '@jest/globals';
import { decode, encode } from '@msgpack/msgpack';
import { limits, type MessageName, messageTypes } from '../../contract/wire.ts';
import { concat, toHex } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope, MessageError } from './envelope.ts';
import { blobIdFromBytes, bytesOfId, deviceIdFromBytes, groupIdFromBytes, relayIdFromBytes } from './ids.ts';
import { type Message, pulledBlobOverheadBytesMax, pullResponseOverheadBytesMax } from './messages.ts';

const prng = new Prng('envelope');
const deviceId = deviceIdFromBytes(prng.bytes(32));
const groupId = groupIdFromBytes(prng.bytes(32));
const relayId = relayIdFromBytes(prng.bytes(32));
const blobId = blobIdFromBytes(prng.bytes(16));
const big = Number.MAX_SAFE_INTEGER;

/** One of each, with the largest numbers the wire allows. */
const messages: { readonly [N in MessageName]: Extract<Message, { type: N }> } = {
  HELLO: { type: 'HELLO', version: 1, sealedDeviceName: prng.bytes(50), groupId, lastCursor: big },
  WELCOME: { type: 'WELCOME', version: 1, relayId, maxCursor: big, pendingCount: 0xffff_ffff },
  BYE: { type: 'BYE', reason: null },
  PUSH: { type: 'PUSH', blobId, payload: prng.bytes(300), ttl: 604_800 },
  PUSH_ACK: { type: 'PUSH_ACK', blobId, cursor: 5, timestamp: 1_800_000_000 },
  PULL: { type: 'PULL', afterCursor: 0, limit: 100 },
  PULL_RESPONSE: {
    type: 'PULL_RESPONSE',
    blobs: [1, 2].map((cursor) => ({ blobId, cursor, senderId: deviceId, payload: prng.bytes(82), timestamp: 7 })),
    hasMore: true,
    maxCursor: 2,
  },
  PRESENCE: { type: 'PRESENCE', status: 'online', ackedCursor: 12 },
  NOTIFY: { type: 'NOTIFY', blobId, cursor: 9, senderId: deviceId, timestamp: 8, size: 1024 },
  PROGRESS: { type: 'PROGRESS', receivedBytes: 123_456 },
  DELETE: { type: 'DELETE', blobId, force: false },
  DELETE_NOTIFICATION: { type: 'DELETE_NOTIFICATION', blobId, deletedBy: deviceId },
  REVOKE_DEVICE: { type: 'REVOKE_DEVICE', deviceId, reason: 'compromised', clearPending: true },
  DEVICE_REVOKED: { type: 'DEVICE_REVOKED', deviceId, revokedBy: deviceId, timestamp: 3, reason: 'lost' },
  LIST_DEVICES: { type: 'LIST_DEVICES' },
  DEVICE_LIST: {
    type: 'DEVICE_LIST',
    devices: [{ deviceId, sealedDeviceName: prng.bytes(41), lastSeen: 1, pendingBlobs: 2, isOnline: true }],
  },
  REGISTER_PUSH: { type: 'REGISTER_PUSH', token: 'tökén', platform: 'fcm', appId: 'app' },
  UNREGISTER_PUSH: { type: 'UNREGISTER_PUSH', reason: 'app_uninstalled' },
  CONTENT_REF: {
    type: 'CONTENT_REF',
    contentHash: prng.bytes(32),
    encryptionNonce: prng.bytes(24),
    contentSize: 100_000,
    encryptedSize: 100_016,
  },
  CONTENT_ACK: { type: 'CONTENT_ACK', contentHash: prng.bytes(32) },
  ERROR: { type: 'ERROR', code: 2001, message: 'blob too large' },
};

const all = Object.values(messages) as Message[];

function envelopeOf(message: Message): Envelope {
  return { message, senderId: deviceId, groupId, cursor: 0, timestamp: 1_700_000_000, nonce: prng.bytes(24) };
}

/** An envelope with any type and any body, as another implementation would write it. */
function written(type: number, body: unknown, change: (elements: unknown[]) => unknown[] = (elements) => elements) {
  const id = bytesOfId(deviceId);
  return encode(change([1, type, id, bytesOfId(groupId), 0, 5, prng.bytes(24), encode(body, { useBigInt64: true })]));
}

function failureOf(work: () => unknown): MessageError {
  try {
    work();
  } catch (error) {
    if (error instanceof MessageError) return error;
    throw error;
  }
  throw new Error('expected a MessageError, nothing was thrown');
}

/** Values in place of byte arrays, because views and buffers are told apart otherwise. */
const plain = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_key, inner) => (inner instanceof Uint8Array ? toHex(inner) : inner)));

describe('every message', () => {
  test.each(all)('$type goes there and back', (message) => {
    const envelope = envelopeOf(message);
    const decoded = decodeEnvelope(encodeEnvelope(envelope));
    expect(decoded.message.type).toBe(message.type);
    expect(plain(decoded)).toEqual(plain(envelope));
  });

  test.each(all)('$type is an array that any MessagePack reader understands', (message) => {
    const elements = decode(encodeEnvelope(envelopeOf(message))) as unknown[];
    expect(elements.slice(0, 2)).toEqual([1, messageTypes[message.type]]);
    expect(toHex(elements[2] as Uint8Array)).toBe(toHex(bytesOfId(deviceId)));
    const body = decode(elements[7] as Uint8Array) as unknown[];
    expect(body).toHaveLength(Object.keys(message).length - 1);
  });

  test('elements after the known ones are ignored, whatever they are', () => {
    const more = [null, true, -5, 1.5, 'text', prng.bytes(300), [[[]]], { a: { b: [1] } }, 2 ** 40, new Date(0)];
    const body = [1, messages.HELLO.sealedDeviceName, bytesOfId(groupId), 4, ...more];
    const decoded = decodeEnvelope(written(messageTypes.HELLO, body, (elements) => [...elements, ...more]));
    expect(decoded.message).toMatchObject({ type: 'HELLO', lastCursor: 4 });
  });

  test('an empty envelope has about 100 bytes', () => {
    expect(encodeEnvelope(envelopeOf({ type: 'LIST_DEVICES' })).length).toBeLessThan(120);
  });

  test('the largest blob fits a frame, pushed and pulled', () => {
    const payload = new Uint8Array(limits.blobBytesMax);
    const pushed = decodeEnvelope(encodeEnvelope(envelopeOf({ type: 'PUSH', blobId, payload, ttl: 0 })));
    expect(pushed.message).toMatchObject({ type: 'PUSH', blobId });
    const blobs = [{ blobId, cursor: big, senderId: deviceId, payload, timestamp: big }];
    const bytes = encodeEnvelope(envelopeOf({ type: 'PULL_RESPONSE', blobs, hasMore: true, maxCursor: big }));
    expect(bytes.length).toBeLessThanOrEqual(
      payload.length + pulledBlobOverheadBytesMax + pullResponseOverheadBytesMax,
    );
  });

  test('the overhead of a pull response is at most what is promised', () => {
    const blob = { blobId, cursor: big, senderId: deviceId, payload: new Uint8Array(70_000), timestamp: big };
    const sizeOf = (count: number) =>
      encodeEnvelope(
        envelopeOf({ type: 'PULL_RESPONSE', blobs: Array(count).fill(blob), hasMore: true, maxCursor: big }),
      ).length;
    expect(sizeOf(0)).toBeLessThanOrEqual(pullResponseOverheadBytesMax);
    expect(sizeOf(15) - sizeOf(14)).toBe(70_000 + pulledBlobOverheadBytesMax);
  });
});

describe('what is refused', () => {
  const id = bytesOfId(deviceId);
  const bin16 = new Uint8Array(16);
  const hello = [1, messages.HELLO.sealedDeviceName, id, 4];

  test.each([
    {
      what: 'an unknown type',
      bytes: written(0x04, []),
      part: 'body',
      says: 'msg_type: expected a known type, got 0x04',
    },
    {
      what: 'a missing field',
      bytes: written(1, hello.slice(0, 3)),
      part: 'body',
      says: 'HELLO.lastCursor: expected a value, got the end of the array',
    },
    {
      what: 'a body that is a map',
      bytes: written(1, { a: 1 }),
      part: 'body',
      says: 'HELLO: expected an array, got a map',
    },
    {
      what: 'a signed number',
      bytes: written(1, [...hello.slice(0, 3), -1]),
      part: 'body',
      says: 'HELLO.lastCursor: expected a whole number, got a signed number',
    },
    {
      what: 'a fraction',
      bytes: written(1, [...hello.slice(0, 3), 1.5]),
      part: 'body',
      says: 'HELLO.lastCursor: expected a whole number, got a floating-point number',
    },
    {
      what: 'a cursor beyond 2^53-1',
      bytes: written(1, [...hello.slice(0, 3), 2n ** 53n]),
      part: 'body',
      says: `HELLO.lastCursor: expected at most ${big}, got more`,
    },
    {
      what: 'an id of 31 bytes',
      bytes: written(1, [1, hello[1], id.subarray(1), 4]),
      part: 'body',
      says: 'HELLO.groupId: expected 32 bytes, got 31',
    },
    {
      what: 'an id as text',
      bytes: written(0x40, ['x', true]),
      part: 'body',
      says: 'DELETE.blobId: expected bytes, got text',
    },
    {
      what: 'a number for a flag',
      bytes: written(0x40, [bin16, 1]),
      part: 'body',
      says: 'DELETE.force: expected true or false, got a whole number',
    },
    {
      what: 'a name too short to be sealed',
      bytes: written(1, [1, new Uint8Array(39), id, 4]),
      part: 'body',
      says: 'HELLO.sealedDeviceName: expected 40 to 1064 bytes, got 39',
    },
    {
      what: 'a name too long',
      bytes: written(1, [1, new Uint8Array(1065), id, 4]),
      part: 'body',
      says: 'HELLO.sealedDeviceName: expected 40 to 1064 bytes, got 1065',
    },
    {
      what: 'an unknown enumeration value',
      bytes: written(0x50, [id, 3, true]),
      part: 'body',
      says: 'REVOKE_DEVICE.reason: expected at most 2, got more',
    },
    {
      what: 'a relay id that is none',
      bytes: written(2, [1, 'relay', 0, 0]),
      part: 'body',
      says: 'WELCOME.relayId: expected a relay id, got other text',
    },
    {
      what: 'more blobs than a pull may give',
      bytes: written(0x21, [Array(1001).fill(0), true, 0]),
      part: 'body',
      says: 'PULL_RESPONSE.blobs: expected at most 1000 elements, got 1001',
    },
    {
      what: 'a bad blob in a list',
      bytes: written(0x21, [[[bin16, 0, id, 7, 0]], true, 0]),
      part: 'body',
      says: 'PULL_RESPONSE.blobs.payload: expected bytes, got a whole number',
    },
    {
      what: 'bytes after the body',
      bytes: written(3, [null], (e) => [...e.slice(0, 7), concat(encode([null]), bin16)]),
      part: 'body',
      says: 'BYE: expected nothing after it, got 16 bytes',
    },
    {
      what: 'text that is not UTF-8',
      bytes: written(3, 0, (e) => [...e.slice(0, 7), Uint8Array.of(0x91, 0xa2, 0xc3, 0x28)]),
      part: 'body',
      says: 'BYE.reason: expected text in UTF-8, got other bytes',
    },
    {
      what: 'another version',
      bytes: written(1, hello, (e) => [2, ...e.slice(1)]),
      part: 'envelope',
      says: 'version: expected 1, got 2',
    },
    {
      what: 'a short envelope',
      bytes: written(1, hello, (e) => e.slice(0, 7)),
      part: 'envelope',
      says: 'envelope: expected at least 8 elements, got 7',
    },
    {
      what: 'a nonce of 23 bytes',
      bytes: written(1, hello, (e) => e.with(6, new Uint8Array(23))),
      part: 'envelope',
      says: 'nonce: expected 24 bytes, got 23',
    },
    {
      what: 'a type beyond a byte',
      bytes: written(256, hello),
      part: 'envelope',
      says: 'msg_type: expected at most 255, got more',
    },
    {
      what: 'bytes after the envelope',
      bytes: concat(written(1, hello), bin16),
      part: 'envelope',
      says: 'envelope: expected nothing after it, got 16 bytes',
    },
    { what: 'nothing', bytes: new Uint8Array(0), part: 'envelope', says: 'envelope: expected an array, got the end' },
    {
      what: 'an array of 2^32-1',
      bytes: Uint8Array.of(0xdd, 255, 255, 255, 255, 1),
      part: 'envelope',
      says: 'envelope: expected at most 1 elements, got 4294967295',
    },
  ])('$what: $says', ({ bytes, part, says }) => {
    const failure = failureOf(() => decodeEnvelope(bytes));
    expect(failure.message).toBe(says);
    expect(failure.part).toBe(part);
  });

  test('all 256 types are decoded or refused by name', () => {
    const known = new Set<number>(Object.values(messageTypes));
    for (let type = 0; type < 256; type += 1) {
      const failure = failureOf(() => decodeEnvelope(written(type, 'no array')));
      expect(failure.field === 'msg_type').toBe(!known.has(type));
      expect(failure.part).toBe('body');
    }
  });

  test('writing checks the same ranges', () => {
    const bad: { message: Message; field: string }[] = [
      { message: { ...messages.HELLO, lastCursor: -1 }, field: 'HELLO.lastCursor' },
      { message: { ...messages.HELLO, lastCursor: 2 ** 53 }, field: 'HELLO.lastCursor' },
      { message: { ...messages.PULL, limit: 2 ** 32 }, field: 'PULL.limit' },
      { message: { ...messages.HELLO, sealedDeviceName: new Uint8Array(1065) }, field: 'HELLO.sealedDeviceName' },
      { message: { ...messages.ERROR, message: 'ö'.repeat(513) }, field: 'ERROR.message' },
      { message: { ...messages.PUSH, payload: new Uint8Array(1_114_112) }, field: 'PUSH' },
    ];
    for (const { message, field } of bad) {
      expect(failureOf(() => encodeEnvelope(envelopeOf(message))).field).toBe(field);
    }
    const envelope = envelopeOf(messages.PULL);
    expect(failureOf(() => encodeEnvelope({ ...envelope, nonce: new Uint8Array(12) })).field).toBe('nonce');
    expect(failureOf(() => encodeEnvelope({ ...envelope, timestamp: 1.5 })).field).toBe('timestamp');
  });
});

describe('garbage', () => {
  /** Decodes; a MessageError is fine, anything else thrown fails the test. */
  function survives(bytes: Uint8Array): void {
    try {
      decodeEnvelope(bytes);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
    }
  }

  test('every truncation of every message is refused', () => {
    for (const message of all) {
      const bytes = encodeEnvelope(envelopeOf(message));
      for (let length = 0; length < bytes.length; length += 1) {
        expect(failureOf(() => decodeEnvelope(bytes.subarray(0, length))).part).toBe('envelope');
      }
    }
  });

  test('seeded mutations of every message decode or are refused, and nothing else', () => {
    const random = new Prng('mutations');
    for (const message of all) {
      const bytes = encodeEnvelope(envelopeOf(message));
      for (let round = 0; round < 400; round += 1) {
        const mutated = Uint8Array.from(bytes);
        for (let count = 1 + random.below(6); count > 0; count -= 1)
          mutated[random.below(bytes.length)] = random.below(256);
        survives(mutated);
      }
    }
  });

  test('random bytes behind a good header are refused, and nothing else', () => {
    const random = new Prng('random bodies');
    for (let round = 0; round < 4000; round += 1) {
      const type = random.pick(Object.values(messageTypes));
      survives(written(type, 0, (elements) => elements.with(7, random.bytes(random.below(60)))));
      survives(random.bytes(random.below(200)));
    }
  });

  test('nested array headers allocate nothing and are passed over without recursion', () => {
    const deep = new Uint8Array(1_000_000);
    for (let offset = 0; offset + 3 <= deep.length; offset += 3) deep.set([0xdc, 0xff, 0xff], offset);
    const body = concat(Uint8Array.of(0x93, 0xc0), deep);
    const before = process.memoryUsage().heapUsed;
    survives(written(messageTypes.BYE, 0, (elements) => elements.with(7, body)));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
  });
});
