import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Encoder } from '@msgpack/msgpack';
import {
  errorCodes,
  limits,
  type MessageName,
  messageTypes,
  presenceStatuses,
  protocolVersion,
  pushPlatforms,
  revocationReasons,
  unregisterReasons,
} from '../../contract/wire.ts';
import { concat } from '../../support/bytes.ts';
import { messageOf } from '../../support/errors.ts';
import { Prng } from '../../support/prng.ts';
import type { Envelope } from './envelope.ts';
import { type BlobId, blobIdFromBytes, bytesOfId, type DeviceId, type GroupId, type RelayId } from './ids.ts';
import { encodeBody, type Message, type MessageOf } from './messages.ts';

/**
 * Runs numbered cases, each with a random stream of its own. A failure names its seed and case; with `REPLAY_CASE` set to
 * that number only this one runs.
 */
export async function forEachCase(
  seed: string,
  count: number,
  run: (prng: Prng, index: number) => void | Promise<void>,
): Promise<void> {
  const replayed = process.env.REPLAY_CASE;
  for (let index = 0; index < count; index += 1) {
    if (replayed !== undefined && index !== Number(replayed)) continue;
    try {
      await run(new Prng(`${seed} ${index}`), index);
    } catch (error) {
      const where = `seed "${seed}", case ${index} (alone: REPLAY_CASE=${index} npm test -- -t "${seed}")`;
      throw new Error(`${where}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** What a message may name: real things of the world under test, so that garbage reaches the code behind the checks. */
export interface Named {
  readonly groupId: GroupId;
  readonly relayId: RelayId;
  readonly devices: readonly DeviceId[];
  readonly blobs: readonly BlobId[];
  /** Sealed blobs. */
  readonly payloads: readonly Uint8Array[];
}

const numbers = [0, 1, 2, 3, 100, 255, 256, 65_535, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 2, 2 ** 53 - 1];
export const messageNames = Object.keys(messageTypes) as MessageName[];

/** A message of this type that every reader accepts, with values from the edges of what is allowed. */
export function anyMessage(prng: Prng, type: MessageName, named: Named): Message {
  const u64 = () => prng.pick(numbers);
  const u32 = () => Math.min(u64(), 2 ** 32 - 1);
  const device = () => prng.pick(named.devices);
  const blobId = () =>
    named.blobs.length > 0 && prng.chance(0.7) ? prng.pick(named.blobs) : blobIdFromBytes(prng.bytes(16));
  const payload = () =>
    named.payloads.length > 0 && prng.chance(0.5) ? prng.pick(named.payloads) : prng.bytes(prng.below(200));
  const any: { readonly [N in MessageName]: () => MessageOf<N> } = {
    HELLO: () => ({
      type: 'HELLO',
      version: prng.pick([0, protocolVersion, 2, 255]),
      sealedDeviceName: prng.bytes(40 + prng.below(100)),
      groupId: named.groupId,
      lastCursor: u64(),
    }),
    WELCOME: () => ({
      type: 'WELCOME',
      version: protocolVersion,
      relayId: named.relayId,
      maxCursor: u64(),
      pendingCount: u32(),
    }),
    BYE: () => ({ type: 'BYE', reason: prng.pick([null, '', 'enough']) }),
    PUSH: () => ({ type: 'PUSH', blobId: blobId(), payload: payload(), ttl: u32() }),
    PUSH_ACK: () => ({ type: 'PUSH_ACK', blobId: blobId(), cursor: u64(), timestamp: u64() }),
    PULL: () => ({ type: 'PULL', afterCursor: u64(), limit: u32() }),
    PULL_RESPONSE: () => ({
      type: 'PULL_RESPONSE',
      blobs: Array.from({ length: prng.below(5) }, () => ({
        blobId: blobId(),
        cursor: u64(),
        senderId: device(),
        payload: payload(),
        timestamp: u64(),
      })),
      hasMore: prng.chance(0.3),
      maxCursor: u64(),
    }),
    PRESENCE: () => ({ type: 'PRESENCE', status: prng.pick(presenceStatuses), ackedCursor: u64() }),
    NOTIFY: () => ({
      type: 'NOTIFY',
      blobId: blobId(),
      cursor: u64(),
      senderId: device(),
      timestamp: u64(),
      size: u32(),
    }),
    PROGRESS: () => ({ type: 'PROGRESS', receivedBytes: u64() }),
    DELETE: () => ({ type: 'DELETE', blobId: blobId(), force: prng.chance(0.5) }),
    DELETE_NOTIFICATION: () => ({ type: 'DELETE_NOTIFICATION', blobId: blobId(), deletedBy: device() }),
    REVOKE_DEVICE: () => ({
      type: 'REVOKE_DEVICE',
      deviceId: device(),
      reason: prng.pick(revocationReasons),
      clearPending: prng.chance(0.5),
    }),
    DEVICE_REVOKED: () => ({
      type: 'DEVICE_REVOKED',
      deviceId: device(),
      revokedBy: device(),
      timestamp: u64(),
      reason: prng.pick(revocationReasons),
    }),
    LIST_DEVICES: () => ({ type: 'LIST_DEVICES' }),
    DEVICE_LIST: () => ({
      type: 'DEVICE_LIST',
      devices: Array.from({ length: prng.below(4) }, () => ({
        deviceId: device(),
        sealedDeviceName: prng.bytes(40 + prng.below(100)),
        lastSeen: u64(),
        pendingBlobs: u32(),
        isOnline: prng.chance(0.5),
      })),
    }),
    REGISTER_PUSH: () => ({
      type: 'REGISTER_PUSH',
      token: 't'.repeat(prng.below(300)),
      platform: prng.pick(pushPlatforms),
      appId: prng.pick([null, 'app']),
    }),
    UNREGISTER_PUSH: () => ({ type: 'UNREGISTER_PUSH', reason: prng.pick(unregisterReasons) }),
    CONTENT_REF: () => ({
      type: 'CONTENT_REF',
      contentHash: prng.bytes(32),
      encryptionNonce: prng.bytes(24),
      contentSize: u64(),
      encryptedSize: u64(),
    }),
    CONTENT_ACK: () => ({ type: 'CONTENT_ACK', contentHash: prng.bytes(32) }),
    ERROR: () => ({ type: 'ERROR', code: prng.pick([0, 4000, u32(), ...Object.values(errorCodes)]), message: 'no' }),
  };
  return any[type]();
}

/** Bytes that mean something in MessagePack: lengths that lie, types that do not fit. */
const telling: readonly (readonly number[])[] = [
  [0xc0],
  [0xc1],
  [0xff],
  [0x80],
  [0x9f],
  [0xc4, 0xff],
  [0xc6, 0xff, 0xff, 0xff, 0xff],
  [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
  [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0],
  [0xdb, 0xff, 0xff, 0xff, 0xff],
  [0xdd, 0xff, 0xff, 0xff, 0xff],
  [0xdf, 0x7f, 0xff, 0xff, 0xff],
];

/** The bytes with one thing wrong: a bit, a value, a length, a piece gone, come twice or out of place. At least one byte. */
export function damaged(prng: Prng, bytes: Uint8Array): Uint8Array {
  const at = prng.below(bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (prng.below(8)) {
    case 0:
      return concat(bytes.subarray(0, Math.max(1, at)));
    case 1:
      return concat(bytes, prng.bytes(1 + prng.below(20)));
    case 2:
      return concat(before, prng.bytes(1 + prng.below(8)), after);
    case 3:
      return concat(before, after.subarray(0, 1 + prng.below(16)), after);
    case 4:
      return concat(after, before);
    case 5: {
      const token = Uint8Array.from(prng.pick(telling));
      return concat(before, token, after.subarray(prng.pick([0, 1, token.length])));
    }
    default: {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= prng.chance(0.5) ? 1 << prng.below(8) : 1 + prng.below(255);
      return changed;
    }
  }
}

const encoder = new Encoder();
const strangeValues = [null, -1, 1.5, true, 'text', 2 ** 53 - 1, [], {}, [[[[]]]], new Uint8Array(33)];

/**
 * A frame as only a peer with the session's keys can send it: `envelope` with something wrong, noise, or now and then as
 * it is, which is wrong enough for most types.
 */
export function badFrame(prng: Prng, envelope: Envelope): Uint8Array {
  const { message, senderId, groupId, cursor, timestamp, nonce } = envelope;
  const body = encodeBody(message);
  const elements: unknown[] = [
    protocolVersion,
    messageTypes[message.type],
    bytesOfId(senderId),
    bytesOfId(groupId),
    cursor,
    timestamp,
    nonce,
    body,
  ];
  // Rarely what ends the session, so that most frames meet one that is open.
  const way = prng.below(300);
  if (way === 0) return prng.bytes(1 + prng.below(300));
  if (way === 1) return damaged(prng, encoder.encode(elements));
  if (way === 2) elements[prng.below(elements.length)] = prng.pick(strangeValues);
  else if (way < 20) elements[1] = prng.below(256);
  else if (way < 30)
    elements[7] = encoder.encode(Array.from({ length: prng.below(6) }, () => prng.pick(strangeValues)));
  else if (way < 35) elements[7] = prng.bytes(prng.below(limits.inviteBytesMax));
  else if (way < 260) elements[7] = damaged(prng, body);
  return encoder.encode(elements);
}

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Bytes in use once everything that nobody holds is gone. */
export function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
