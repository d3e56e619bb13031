/** One vector of a node, base64, and when it was seen. */
export interface VectorSnapshot {
  readonly atMs: number;
  readonly vector: string;
}

const authorBytes = 32;
const entryBytes = authorBytes + 8;

/** Author (as in item lists) to the highest sequence number up to which everything is held. */
export type Vector = ReadonlyMap<string, number>;

/**
 * Reads the canonical encoding: for each author with a number above 0, ascending by the author's bytes, 32 bytes of
 * author and 8 bytes of number, big-endian. Anything else is a problem, told as a sentence: two encodings of one
 * state would make equal states differ.
 */
export function readVector(base64: string): { readonly vector: Vector; readonly problem: string | null } {
  const bytes = Buffer.from(base64, 'base64');
  const vector = new Map<string, number>();
  if (bytes.toString('base64') !== base64) return { vector, problem: 'is not base64' };
  if (bytes.length % entryBytes !== 0) {
    return { vector, problem: `has ${bytes.length} bytes, expected a multiple of ${entryBytes}` };
  }
  let before: Buffer | null = null;
  for (let offset = 0; offset < bytes.length; offset += entryBytes) {
    const author = bytes.subarray(offset, offset + authorBytes);
    const sequence = Number(bytes.readBigUInt64BE(offset + authorBytes));
    if (before !== null && Buffer.compare(before, author) >= 0) {
      return { vector, problem: 'does not list its authors once each in ascending order' };
    }
    if (sequence === 0) return { vector, problem: 'lists an author with number 0' };
    vector.set(author.toString('base64url'), sequence);
    before = author;
  }
  return { vector, problem: null };
}
