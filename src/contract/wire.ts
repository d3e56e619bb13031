/**
 * Sizes, offsets and numbers of the wire protocol that the system and its tester both need.
 *
 * Thresholds in scenarios are derived from here, never typed in. No imports, so that any part may read it.
 */

export const protocolId = '/0k-sync/1';
export const protocolVersion = 1;

/** The mode byte that follows the protocol id in the preamble. */
export const modeBytes = { classical: 0x01, hybrid: 0x02 } as const;
export type Mode = keyof typeof modeBytes;

/** Protocol id and mode byte: what the initiator sends before the first record, and the prologue of the handshake. */
export const preambleBytes = 11;
/** u16 big-endian length before each Noise message. */
export const recordPrefixBytes = 2;
/** Largest Noise message (Noise specification, section 3). */
export const noiseMessageBytesMax = 65_535;
export const tagBytes = 16;
/** Largest plaintext of one record. */
export const recordPlaintextBytesMax = 65_519;
/** u32 big-endian length before each envelope, inside the decrypted stream. */
export const framePrefixBytes = 4;
/** Largest envelope: 1 MiB of blob and 64 KiB for what wraps it. */
export const frameBytesMax = 1_114_112;
/** Each direction changes its key after this many records. */
export const rekeyEveryRecords = 65_536;

export const x25519KeyBytes = 32;
export const kemPublicKeyBytes = 1184;
export const kemCiphertextBytes = 1088;
export const kemSeedBytes = 64;
export const kemCoinsBytes = 32;
export const idBytes = 32;
export const blobIdBytes = 16;
export const envelopeNonceBytes = 24;

export type HandshakeStage = 'm1' | 'm2' | 'm3' | 'm4';
export type FieldName = 'e' | 'kem-e' | 'ekem' | 's' | 'kem-s' | 'skem' | 'payload-tag';

/** Where one field lies inside a handshake message; offsets count from the first byte after the record prefix. */
export interface WireField {
  readonly name: FieldName;
  readonly offset: number;
  readonly bytes: number;
}

/** One handshake message without payload; `bytes` is the sum of its fields. */
export interface WireMessage {
  readonly stage: HandshakeStage;
  readonly from: 'initiator' | 'responder';
  readonly bytes: number;
  readonly fields: readonly WireField[];
}

/** Every handshake message of both modes, in order. Sealed fields include their tag. */
export const handshakeMessages: Readonly<Record<Mode, readonly WireMessage[]>> = {
  classical: [
    message('m1', [['e', x25519KeyBytes]]),
    message('m2', [
      ['e', x25519KeyBytes],
      ['s', x25519KeyBytes + tagBytes],
      ['payload-tag', tagBytes],
    ]),
    message('m3', [
      ['s', x25519KeyBytes + tagBytes],
      ['payload-tag', tagBytes],
    ]),
  ],
  hybrid: [
    message('m1', [
      ['e', x25519KeyBytes],
      ['kem-e', kemPublicKeyBytes],
    ]),
    message('m2', [
      ['e', x25519KeyBytes],
      ['kem-e', kemPublicKeyBytes],
      ['ekem', kemCiphertextBytes],
      ['s', x25519KeyBytes + tagBytes],
      ['kem-s', kemPublicKeyBytes + tagBytes],
      ['payload-tag', tagBytes],
    ]),
    message('m3', [
      ['skem', kemCiphertextBytes + tagBytes],
      ['s', x25519KeyBytes + tagBytes],
      ['kem-s', kemPublicKeyBytes + tagBytes],
      ['payload-tag', tagBytes],
    ]),
    message('m4', [
      ['skem', kemCiphertextBytes + tagBytes],
      ['payload-tag', tagBytes],
    ]),
  ],
};

function message(stage: HandshakeStage, parts: readonly (readonly [FieldName, number])[]): WireMessage {
  let offset = 0;
  const fields = parts.map(([name, bytes]) => {
    const field = { name, offset, bytes };
    offset += bytes;
    return field;
  });
  return { stage, from: stage === 'm1' || stage === 'm3' ? 'initiator' : 'responder', bytes: offset, fields };
}

/** The layout of one handshake message; throws when the mode has no such message. */
export function handshakeMessage(mode: Mode, stage: HandshakeStage): WireMessage {
  const found = handshakeMessages[mode].find((candidate) => candidate.stage === stage);
  if (found === undefined) throw new Error(`the ${mode} handshake has no message ${stage}`);
  return found;
}

/** One field of a handshake message; throws when the message has no such field. */
export function handshakeField(mode: Mode, stage: HandshakeStage, name: FieldName): WireField {
  const { fields } = handshakeMessage(mode, stage);
  const found = fields.find((field) => field.name === name);
  if (found === undefined) {
    throw new Error(`${mode} ${stage}: expected one of ${fields.map((field) => field.name).join(', ')}, got ${name}`);
  }
  return found;
}

/** Bytes of the hybrid handshake seen in one direction when the message has just passed; `up` is initiator to responder. */
export const m1RecordEnd = preambleBytes + recordPrefixBytes + handshakeMessage('hybrid', 'm1').bytes;
export const m2RecordEnd = recordPrefixBytes + handshakeMessage('hybrid', 'm2').bytes;
export const m3RecordEnd = m1RecordEnd + recordPrefixBytes + handshakeMessage('hybrid', 'm3').bytes;
export const m4RecordEnd = m2RecordEnd + recordPrefixBytes + handshakeMessage('hybrid', 'm4').bytes;
/** All of the hybrid handshake, each way. */
export const handshakeUpBytes = m3RecordEnd;
export const handshakeDownBytes = m4RecordEnd;

/** No record with a PULL alone is larger, and none with a HELLO or a PUSH is as small: for a tap, which has no keys. */
export const pullRecordBytesMax = 200;

/** The number of each message type in the envelope. */
export const messageTypes = {
  HELLO: 0x01,
  WELCOME: 0x02,
  BYE: 0x03,
  PUSH: 0x10,
  PUSH_ACK: 0x11,
  PULL: 0x20,
  PULL_RESPONSE: 0x21,
  PRESENCE: 0x30,
  NOTIFY: 0x31,
  PROGRESS: 0x32,
  DELETE: 0x40,
  DELETE_NOTIFICATION: 0x41,
  REVOKE_DEVICE: 0x50,
  DEVICE_REVOKED: 0x51,
  LIST_DEVICES: 0x52,
  DEVICE_LIST: 0x53,
  REGISTER_PUSH: 0x60,
  UNREGISTER_PUSH: 0x61,
  CONTENT_REF: 0x70,
  CONTENT_ACK: 0x71,
  ERROR: 0xff,
} as const;
export type MessageName = keyof typeof messageTypes;

const namesByType = new Map<number, MessageName>(
  (Object.keys(messageTypes) as MessageName[]).map((name) => [messageTypes[name], name]),
);

/** The name of a message type, or null when the number stands for none. */
export function messageNameOf(type: number): MessageName | null {
  return namesByType.get(type) ?? null;
}

/** What an ERROR message may carry. */
export const errorCodes = {
  INVALID_MESSAGE: 1000,
  UNKNOWN_GROUP: 1001,
  UNAUTHORIZED: 1002,
  DEVICE_REVOKED: 1003,
  NOT_BLOB_OWNER: 1004,
  RATE_LIMITED: 2000,
  BLOB_TOO_LARGE: 2001,
  GROUP_QUOTA_EXCEEDED: 2002,
  INVALID_PUSH_TOKEN: 2003,
  RELAY_OVERLOADED: 3000,
  RELAY_SHUTTING_DOWN: 3001,
} as const;
export type ErrorName = keyof typeof errorCodes;
export type ErrorCode = (typeof errorCodes)[ErrorName];

const errorNamesByCode = new Map<number, ErrorName>(
  (Object.keys(errorCodes) as ErrorName[]).map((name) => [errorCodes[name], name]),
);

/** The name of an error code, or null when the number stands for none. */
export function errorNameOf(code: number): ErrorName | null {
  return errorNamesByCode.get(code) ?? null;
}

/** The session is over after these; after every other code it goes on. */
export function closesSession(code: number): boolean {
  return code === errorCodes.UNAUTHORIZED || code === errorCodes.DEVICE_REVOKED || (code >= 3000 && code < 4000);
}

/** Enumerations that travel as a u8, in the order of their numbers. */
export const presenceStatuses = ['away', 'online'] as const;
export const revocationReasons = ['lost', 'decommissioned', 'compromised'] as const;
export const pushPlatforms = ['apns', 'fcm', 'web'] as const;
export const unregisterReasons = ['user_disabled', 'token_expired', 'app_uninstalled'] as const;
export type PresenceStatus = (typeof presenceStatuses)[number];
export type RevocationReason = (typeof revocationReasons)[number];
export type PushPlatform = (typeof pushPlatforms)[number];
export type UnregisterReason = (typeof unregisterReasons)[number];

/** XChaCha20-Poly1305 nonce before each sealed thing. */
export const sealNonceBytes = 24;
/** Nonce and tag: what sealing adds to a plaintext. */
export const sealOverheadBytes = sealNonceBytes + tagBytes;
/** format u8, kind u8, author 32, sequence u64: the start of a blob's sealed plaintext. */
export const sealedHeaderBytes = 42;
export const sealedFormat = 1;
/** Seal and header together: the length of a blob with an empty body. */
export const blobOverheadBytes = sealOverheadBytes + sealedHeaderBytes;
/** Kinds of a blob; other numbers are kept and shown. */
export const blobKinds = { item: 1, tombstone: 2, contentReference: 3, collection: 4 } as const;

/** Limits of the protocol; a relay or node may be configured to lower ones where its configuration has the key. */
export const limits = {
  /** PUSH payload as it travels: nonce, ciphertext and tag. */
  blobBytesMax: 1_048_576,
  blobBodyBytesMax: 1_048_576 - blobOverheadBytes,
  groupStorageBytesMax: 104_857_600,
  ttlSecondsDefault: 604_800,
  ttlSecondsMax: 2_592_000,
  pullLimitDefault: 100,
  pullLimitMax: 1000,
  deviceNameCharactersMax: 256,
  helloTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  sessionsMax: 1000,
  connectionsPerAddress: 10,
  messagesPerMinute: 100,
  requestsPerSecondGlobal: 1000,
  gapEnumerationMax: 10_000,
  contentBytesMax: 104_857_600,
  contentChunkBytesMax: 262_144,
  inviteLifetimeSeconds: 600,
  inviteBytesMax: 8192,
  quickFlushMs: 500,
  progressEveryMs: 2000,
  nonceHistoryCount: 1024,
  notifyOnHelloMax: 100,
} as const;
