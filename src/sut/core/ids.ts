/**
 * Ids are text inside the code (branded, so that one kind is not taken for another) and bytes on the wire.
 *
 * Reading is strict: length, alphabet, no padding, no stray bits, so that one id has exactly one text.
 */
import { hash } from 'node:crypto';
import { blobIdBytes as blobIdLength, idBytes } from '../../contract/wire.ts';
import { concat, toBase64Url, toHex, utf8 } from '../../support/bytes.ts';

declare const kind: unique symbol;
/** X25519 static public key of a device, base64url. */
export type DeviceId = string & { readonly [kind]: 'device' };
/** Hash of the group secret, base64url. */
export type GroupId = string & { readonly [kind]: 'group' };
/** Hash of both static public keys of a relay, base64url. */
export type RelayId = string & { readonly [kind]: 'relay' };
/** UUID text in lower case. */
export type BlobId = string & { readonly [kind]: 'blob' };

/** A text or byte array that is not the id it should be; says what was expected, never the value. */
export class IdError extends Error {
  override readonly name = 'IdError';
}

/** The DeviceId of a device with this X25519 static public key (32 bytes). */
export const deviceIdFromBytes = (bytes: Uint8Array): DeviceId => textOf('device id', bytes) as DeviceId;
export const groupIdFromBytes = (bytes: Uint8Array): GroupId => textOf('group id', bytes) as GroupId;
export const relayIdFromBytes = (bytes: Uint8Array): RelayId => textOf('relay id', bytes) as RelayId;

/** Text from outside as an id; throws IdError. */
export const parseDeviceId = (text: string): DeviceId => parsed('device id', text) as DeviceId;
export const parseGroupId = (text: string): GroupId => parsed('group id', text) as GroupId;
export const parseRelayId = (text: string): RelayId => parsed('relay id', text) as RelayId;

/** The 32 bytes of an id. */
export function bytesOfId(id: DeviceId | GroupId | RelayId): Uint8Array {
  return decodeBase64Url('id', id, idBytes);
}

const groupIdLabel = utf8('0k-sync-group-id-v1');
const relayIdLabel = utf8('0k-sync-relay-id-v1');

/** The id of the group with this secret (32 bytes): it can be checked by whoever holds the secret. */
export function groupIdOf(groupSecret: Uint8Array): GroupId {
  return groupIdFromBytes(hash('sha256', concat(groupIdLabel, groupSecret), 'buffer'));
}

/** The id of the relay with these static public keys (32 and 1184 bytes): it commits to both. */
export function relayIdOf(x25519Public: Uint8Array, kemPublic: Uint8Array): RelayId {
  return relayIdFromBytes(hash('sha256', concat(relayIdLabel, x25519Public, kemPublic), 'buffer'));
}

/** The UUID text of 16 bytes. */
export function blobIdFromBytes(bytes: Uint8Array): BlobId {
  expectLength('blob id', bytes.length, blobIdLength, 'bytes');
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as BlobId;
}

/** A new blob id (UUID v4) from 16 random bytes. */
export function blobIdFromRandom(random: Uint8Array): BlobId {
  const bytes = Uint8Array.from(random);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return blobIdFromBytes(bytes);
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Text from outside as a blob id (UUID in lower case, any version); throws IdError. */
export function parseBlobId(text: string): BlobId {
  if (!uuid.test(text)) throw new IdError('blob id: expected a UUID in lower case');
  return text as BlobId;
}

/** The 16 bytes of a blob id. */
export function bytesOfBlobId(id: BlobId): Uint8Array {
  return plain(Buffer.from(id.replaceAll('-', ''), 'hex'));
}

/** Enough of an id to tell things apart in a debug line, and no more. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** Base64url without padding. */
export const encodeBase64Url = toBase64Url;

/**
 * Strict base64url: the alphabet, no padding, no stray bits in the last character, and `bytes` long when that is given.
 * `what` names the value in the IdError.
 */
export function decodeBase64Url(what: string, text: string, bytes?: number): Uint8Array {
  if (bytes !== undefined) expectLength(what, text.length, Math.ceil((bytes * 4) / 3), 'characters');
  const decoded = Buffer.from(text, 'base64url');
  // Node skips what it cannot read; only the one canonical text comes back unchanged.
  if (decoded.toString('base64url') !== text) throw new IdError(`${what}: expected base64url without padding`);
  return plain(decoded);
}

function textOf(what: string, bytes: Uint8Array): string {
  expectLength(what, bytes.length, idBytes, 'bytes');
  return toBase64Url(bytes);
}

function parsed(what: string, text: string): string {
  decodeBase64Url(what, text, idBytes);
  return text;
}

function expectLength(what: string, got: number, expected: number, unit: string): void {
  if (got !== expected) throw new IdError(`${what}: expected ${expected} ${unit}, got ${got}`);
}

function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
