import { Encoder } from '@msgpack/msgpack';
import {
  envelopeNonceBytes,
  limits,
  type MessageName,
  presenceStatuses,
  pushPlatforms,
  revocationReasons,
  sealOverheadBytes,
  unregisterReasons,
} from '../../contract/wire.ts';
import {
  bin,
  blobId,
  boolean,
  deviceId,
  groupId,
  type Layout,
  list,
  oneOf,
  optional,
  readLayout,
  relayIdText,
  string,
  u8,
  u32,
  u64,
  type ValueOf,
  writeLayout,
} from './message-fields.ts';
import { MessageReader } from './message-reader.ts';

/** Up to four bytes of UTF-8 a character. */
const sealedNameBytesMax = sealOverheadBytes + 4 * limits.deviceNameCharactersMax;
/** Whatever fits a frame: a payload over the blob limit is answered with its own error code, so it must be readable. */
const anyLength = 0xffff_ffff;
const hash = bin(32);

/**
 * The body of every message, in the order of the wire. Times are Unix seconds.
 *
 * Sealed names and payloads are ciphertext for the relay; everything else here is what a relay learns.
 */
const layouts = {
  /** First message of a node; registers its device for the group. */
  HELLO: {
    version: u8,
    sealedDeviceName: bin(sealOverheadBytes, sealedNameBytesMax),
    groupId,
    lastCursor: u64,
  },
  /** Answer to HELLO. */
  WELCOME: { version: u8, relayId: relayIdText, maxCursor: u64, pendingCount: u32 },
  BYE: { reason: optional(string(1024)) },
  /** One sealed blob; ttl in seconds, 0 for the relay's default. */
  PUSH: { blobId, payload: bin(0, anyLength), ttl: u32 },
  /** The blob is committed at this cursor. */
  PUSH_ACK: { blobId, cursor: u64, timestamp: u64 },
  /** Limit 0 means the default. */
  PULL: { afterCursor: u64, limit: u32 },
  PULL_RESPONSE: {
    blobs: list(
      { blobId, cursor: u64, senderId: deviceId, payload: bin(0, anyLength), timestamp: u64 },
      limits.pullLimitMax,
    ),
    hasMore: boolean,
    maxCursor: u64,
  },
  /** Heartbeat, and its answer with the same two values. */
  PRESENCE: { status: oneOf(presenceStatuses), ackedCursor: u64 },
  /** Sent while a frame of the node is incomplete. */
  PROGRESS: { receivedBytes: u64 },
  /** A blob exists; size in bytes of its payload. */
  NOTIFY: { blobId, cursor: u64, senderId: deviceId, timestamp: u64, size: u32 },
  DELETE: { blobId, force: boolean },
  DELETE_NOTIFICATION: { blobId, deletedBy: deviceId },
  REVOKE_DEVICE: { deviceId, reason: oneOf(revocationReasons), clearPending: boolean },
  DEVICE_REVOKED: { deviceId, revokedBy: deviceId, timestamp: u64, reason: oneOf(revocationReasons) },
  LIST_DEVICES: {},
  DEVICE_LIST: {
    devices: list(
      {
        deviceId,
        sealedDeviceName: bin(sealOverheadBytes, sealedNameBytesMax),
        lastSeen: u64,
        pendingBlobs: u32,
        isOnline: boolean,
      },
      limits.sessionsMax,
    ),
  },
  REGISTER_PUSH: { token: string(4096), platform: oneOf(pushPlatforms), appId: optional(string(1024)) },
  UNREGISTER_PUSH: { reason: oneOf(unregisterReasons) },
  CONTENT_REF: {
    contentHash: hash,
    encryptionNonce: bin(envelopeNonceBytes),
    contentSize: u64,
    encryptedSize: u64,
  },
  CONTENT_ACK: { contentHash: hash },
  /** `code` is one of the error codes, or one of a later version. */
  ERROR: { code: u32, message: string(1024) },
} as const satisfies Record<MessageName, Layout>;

type Layouts = typeof layouts;
/** The message with this name: its `type` and the fields of its body. */
export type MessageOf<N extends MessageName> = { readonly type: N } & ValueOf<Layouts[N]>;
/** Every message of the protocol, told apart by `type`. */
export type Message = { [N in MessageName]: MessageOf<N> }[MessageName];
/** One entry of a PULL_RESPONSE. */
export type PulledBlob = MessageOf<'PULL_RESPONSE'>['blobs'][number];
/** One entry of a DEVICE_LIST. */
export type ListedDevice = MessageOf<'DEVICE_LIST'>['devices'][number];

/** Most bytes that one blob adds to a PULL_RESPONSE beside its payload: its header, ids, numbers and lengths. */
export const pulledBlobOverheadBytesMax = 1 + (2 + 16) + 9 + (2 + 32) + 5 + 9;
/** Most bytes of the envelope of a PULL_RESPONSE that holds no blob. */
export const pullResponseOverheadBytesMax = 256;

const encoder = new Encoder();

/** The MessagePack array of the body; throws MessageError for values out of range. */
export function encodeBody(message: Message): Uint8Array {
  const { type } = message;
  // The layout of its own type is the one that fits, which the compiler cannot follow through the union.
  return encoder.encode(writeLayout(layouts[type] as Layout, message, type));
}

/** The message of this type with this body; throws MessageError. Byte strings are views into `body`. */
export function decodeBody(type: MessageName, body: Uint8Array): Message {
  const reader = new MessageReader(body, 'body');
  const value = readLayout(layouts[type] as Layout, reader, type);
  reader.end(type);
  return { type, ...value } as Message;
}
