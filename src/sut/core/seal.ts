import { idBytes, limits, sealedFormat, sealedHeaderBytes, sealNonceBytes } from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';
import { concat, utf8 } from '../../support/bytes.ts';
import { type BlobId, bytesOfBlobId, bytesOfId, type DeviceId, deviceIdFromBytes, type GroupId } from './ids.ts';
import { OpenError, xchachaOpen, xchachaSeal } from './xchacha.ts';

export { OpenError } from './xchacha.ts';

/** Where a blob belongs. The seal is bound to it, so that a relay cannot pass one blob off as another. */
export interface BlobPlace {
  readonly groupId: GroupId;
  readonly senderId: DeviceId;
  readonly blobId: BlobId;
}

/** What a blob says about itself, sealed with it. */
export interface BlobHeader {
  /** One of `blobKinds`, or a number of a later version. */
  readonly kind: number;
  readonly author: DeviceId;
  /** The author's own count, from 1. */
  readonly sequence: number;
}

export interface OpenedBlob extends BlobHeader {
  readonly body: Uint8Array;
}

const blobLabel = utf8('0k-sync-blob-v1');
const nameLabel = utf8('0k-sync-device-name-v1');
const authorAt = 2;
const sequenceAt = authorAt + idBytes;

/** A blob as it travels: `key` is the group's encryption key, `nonce` 24 fresh random bytes. */
export function sealBlob(
  key: Uint8Array,
  place: BlobPlace,
  header: BlobHeader,
  body: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  assert(body.length <= limits.blobBodyBytesMax, `a blob's body has at most ${limits.blobBodyBytesMax} bytes`);
  return xchachaSeal(key, nonce, placeBytes(place), headerBytes(header), body);
}

/** The blob that was sealed for this place; throws OpenError. `body` is a view of its own. */
export function openBlob(key: Uint8Array, place: BlobPlace, sealed: Uint8Array): OpenedBlob {
  const plaintext = open(key, placeBytes(place), sealed);
  if (plaintext.length < sealedHeaderBytes || plaintext[0] !== sealedFormat) throw new OpenError();
  const sequence = Number(viewOf(plaintext).getBigUint64(sequenceAt));
  if (sequence < 1 || !Number.isSafeInteger(sequence)) throw new OpenError();
  return {
    kind: plaintext[1]!,
    author: deviceIdFromBytes(plaintext.subarray(authorAt, sequenceAt)),
    sequence,
    body: plaintext.subarray(sealedHeaderBytes),
  };
}

/** A device name for the other devices of the group, cut to the longest allowed at a character boundary. */
export function sealName(
  key: Uint8Array,
  groupId: GroupId,
  deviceId: DeviceId,
  name: string,
  nonce: Uint8Array,
): Uint8Array {
  const cut = Array.from(name).slice(0, limits.deviceNameCharactersMax).join('');
  return xchachaSeal(key, nonce, nameBytes(groupId, deviceId), utf8(cut));
}

/** The name that this device sealed; throws OpenError. */
export function openName(key: Uint8Array, groupId: GroupId, deviceId: DeviceId, sealed: Uint8Array): string {
  const plaintext = open(key, nameBytes(groupId, deviceId), sealed);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plaintext);
  } catch {
    throw new OpenError();
  }
}

function open(key: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array {
  return xchachaOpen(key, sealed.subarray(0, sealNonceBytes), associated, sealed.subarray(sealNonceBytes));
}

function headerBytes({ kind, author, sequence }: BlobHeader): Uint8Array {
  assert(Number.isInteger(kind) && kind >= 0 && kind <= 0xff, 'the kind of a blob is a byte');
  assert(Number.isSafeInteger(sequence) && sequence >= 1, "an author's sequence starts at 1");
  const header = new Uint8Array(sealedHeaderBytes);
  header[0] = sealedFormat;
  header[1] = kind;
  header.set(bytesOfId(author), authorAt);
  viewOf(header).setBigUint64(sequenceAt, BigInt(sequence));
  return header;
}

function placeBytes({ groupId, senderId, blobId }: BlobPlace): Uint8Array {
  return concat(blobLabel, bytesOfId(groupId), bytesOfId(senderId), bytesOfBlobId(blobId));
}

function nameBytes(groupId: GroupId, deviceId: DeviceId): Uint8Array {
  return concat(nameLabel, bytesOfId(groupId), bytesOfId(deviceId));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
