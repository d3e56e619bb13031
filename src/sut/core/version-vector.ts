import { idBytes } from '../../contract/wire.ts';
import { bytesOfId, type DeviceId } from './ids.ts';

const sequenceBytes = 8;

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
  const bytes = new Uint8Array(entries.length * (idBytes + sequenceBytes));
  const view = new DataView(bytes.buffer);
  entries.forEach(({ author, sequence }, index) => {
    const at = index * (idBytes + sequenceBytes);
    bytes.set(author, at);
    view.setBigUint64(at + idBytes, BigInt(sequence));
  });
  return bytes;
}
