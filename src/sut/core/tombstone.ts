import { blobIdBytes, idBytes } from '../../contract/wire.ts';
import { concat } from '../../support/bytes.ts';
import { type BlobId, blobIdFromBytes, bytesOfBlobId, bytesOfId, type DeviceId, deviceIdFromBytes } from './ids.ts';

/**
 * What the body of a tombstone says: which item is deleted, and whose number it had, so that a node that never saw the
 * item can count the number as held.
 */
export interface Tombstone {
  readonly item: BlobId;
  readonly author: DeviceId;
  readonly sequence: number;
}

const authorAt = blobIdBytes;
const sequenceAt = authorAt + idBytes;
export const tombstoneBytes = sequenceAt + 8;

/** 56 bytes: blob id 16, author 32, sequence u64 big-endian. */
export function encodeTombstone({ item, author, sequence }: Tombstone): Uint8Array {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(sequence));
  return concat(bytesOfBlobId(item), bytesOfId(author), number);
}

/** Null for a body that is not a tombstone's. */
export function decodeTombstone(body: Uint8Array): Tombstone | null {
  if (body.length !== tombstoneBytes) return null;
  const sequence = Number(new DataView(body.buffer, body.byteOffset, body.length).getBigUint64(sequenceAt));
  if (sequence < 1 || !Number.isSafeInteger(sequence)) return null;
  return {
    item: blobIdFromBytes(body.subarray(0, authorAt)),
    author: deviceIdFromBytes(body.subarray(authorAt, sequenceAt)),
    sequence,
  };
}
