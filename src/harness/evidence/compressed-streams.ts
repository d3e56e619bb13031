import { zstdDecompressSync } from 'node:zlib';
import { inflate } from './inflate.ts';

/** A compressed stream found inside other bytes, opened as far as it would go. */
export interface OpenedStream {
  readonly format: 'gzip' | 'zlib' | 'zip' | 'deflate' | 'zstd';
  /** Where it starts in the bytes that hold it. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** At most this much comes out of one stream, and of all streams of one source. */
const streamBytesMax = 16 * 1024 * 1024;
const sourceBytesMax = 64 * 1024 * 1024;
/** Less than this cannot hold a canary. */
const outputBytesMin = 8;

/**
 * Opens the gzip, zlib, zstd and ZIP streams that start anywhere in `bytes`, and raw deflate that starts where they start.
 * A stream that breaks off gives what came out before.
 *
 * Not covered: brotli and raw deflate in the middle of other bytes, which carry nothing to know them by.
 */
export function openCompressedStreams(bytes: Uint8Array): OpenedStream[] {
  const opened: OpenedStream[] = [];
  let left = sourceBytesMax;
  const keep = (format: OpenedStream['format'], offset: number, output: Uint8Array): void => {
    if (output.length < outputBytesMin) return;
    opened.push({ format, offset, bytes: output });
    left -= output.length;
  };
  const inflateAt = (format: OpenedStream['format'], offset: number, dataAt: number | null): number => {
    if (dataAt === null || left <= 0) return offset + 1;
    const inflated = inflate(bytes, dataAt, Math.min(streamBytesMax, left));
    keep(format, offset, inflated.output);
    return inflated.complete ? inflated.end : offset + 1;
  };

  inflateAt('deflate', 0, 0);
  const searched = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [format, magic, dataOf] of inflatedFormats) {
    for (let offset = searched.indexOf(magic); offset >= 0; ) {
      offset = searched.indexOf(magic, inflateAt(format, offset, dataOf(bytes, offset)));
    }
  }
  for (let offset = searched.indexOf(zstdMagic); offset >= 0; offset = searched.indexOf(zstdMagic, offset + 1)) {
    if (left > 0) keep('zstd', offset, openZstd(bytes, offset, Math.min(streamBytesMax, left)));
  }
  return opened;
}

const gzipMagic = Uint8Array.of(0x1f, 0x8b, 0x08);
const zipMagic = Uint8Array.of(0x50, 0x4b, 0x03, 0x04);
const zstdMagic = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
const zlibMethod = 0x78;
/**
 * Deflate with a window of 32 KiB, which is what everybody writes; smaller windows are not looked for. The second byte
 * has no preset dictionary (bit 5) and makes the two of them a multiple of 31: one for each level of compression.
 */
const zlibFlags: readonly (number | undefined)[] = [0x01, 0x5e, 0x9c, 0xda];

/** Where the deflate data of each format starts, or null when the header is none. */
const inflatedFormats: readonly (readonly [
  OpenedStream['format'],
  Uint8Array | number,
  (bytes: Uint8Array, offset: number) => number | null,
])[] = [
  ['gzip', gzipMagic, gzipData],
  ['zlib', zlibMethod, zlibData],
  ['zip', zipMagic, zipData],
];

/** RFC 1952, section 2.3. */
function gzipData(bytes: Uint8Array, offset: number): number | null {
  const flags = bytes[offset + 3];
  if (flags === undefined || (flags & 0xe0) !== 0) return null;
  let at = offset + 10;
  if ((flags & 4) !== 0) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return null;
    at = end + 1;
  }
  if ((flags & 2) !== 0) at += 2;
  return at < bytes.length ? at : null;
}

/** RFC 1950, section 2.2; a preset dictionary could not be known. */
function zlibData(bytes: Uint8Array, offset: number): number | null {
  return zlibFlags.includes(bytes[offset + 1]) ? offset + 2 : null;
}

/** The local file header of a ZIP archive; method 8 is deflate. */
function zipData(bytes: Uint8Array, offset: number): number | null {
  if (offset + 30 > bytes.length) return null;
  const at = (index: number): number => bytes[offset + index]! | (bytes[offset + index + 1]! << 8);
  const data = offset + 30 + at(26) + at(28);
  return at(8) === 8 && data < bytes.length ? data : null;
}

/** Only whole frames: the library gives nothing of one that breaks off. */
function openZstd(bytes: Uint8Array, offset: number, maxOutputLength: number): Uint8Array {
  const descriptor = bytes[offset + 4];
  // The reserved bit is always 0.
  if (descriptor === undefined || (descriptor & 0x08) !== 0) return new Uint8Array(0);
  try {
    return zstdDecompressSync(bytes.subarray(offset), { maxOutputLength });
  } catch {
    return new Uint8Array(0);
  }
}
