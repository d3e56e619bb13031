import { concat } from '../../support/bytes.ts';
import { bytesOfId, type DeviceId } from './ids.ts';

/** Author to the highest sequence number below which, and with which, everything of that author is held. */
export type VersionVector = ReadonlyMap<DeviceId, number>;

/**
 * The one encoding of a vector: for each author with a number above 0, in ascending order of the author's bytes, 32
 * bytes of author and 8 bytes of sequence, big-endian. Two nodes with the same state give the same bytes.
 */
export function encodeVector(vector: VersionVector): Uint8Array {
  const entries = [...vector]
    .filter(([, sequence]) => sequence > 0)
    .map(([author, sequence]) => ({ author: bytesOfId(author), sequence }))
    .sort((a, b) => Buffer.compare(a.author, b.author));
  return concat(...entries.flatMap(({ author, sequence }) => [author, u64(sequence)]));
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
