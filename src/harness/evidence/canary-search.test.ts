import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { prepareSearch, type RawSource, searchSources } from './canary-search.ts';
import { sourceOf } from './raw-source.ts';

const mark = 'MarkOfTheTester1';
const text = Buffer.from('Fenchurch käse/42?');
const secret = Buffer.from(new Prng('canary-search').bytes(32));
const search = prepareSearch(
  [
    { label: 'content', bytes: text },
    { label: 'group-secret', bytes: secret },
  ],
  mark,
);

function source(bytes: Uint8Array): RawSource {
  return { source: 'relay.db', kind: 'database', bytes };
}

/** `middle` at an offset that is no multiple of anything, between random bytes. */
function buried(middle: Uint8Array, before = 1003): Buffer {
  const prng = new Prng(`buried ${before}`);
  return Buffer.concat([prng.bytes(before), middle, prng.bytes(509)]);
}

function percent(bytes: Buffer, isEscaped: (byte: number) => boolean, upper: boolean): Buffer {
  const characters = Array.from(bytes, (byte) => {
    const hex = byte.toString(16).padStart(2, '0');
    return isEscaped(byte) ? `%${upper ? hex.toUpperCase() : hex}` : String.fromCharCode(byte);
  });
  return Buffer.from(characters.join(''), 'latin1');
}

const isUnsafe = (byte: number): boolean => !/[\w.~-]/.test(String.fromCharCode(byte));

const forms = [
  { encoding: 'raw', of: (bytes: Buffer) => bytes },
  { encoding: 'hex', of: (bytes: Buffer) => Buffer.from(bytes.toString('hex')) },
  { encoding: 'hex', of: (bytes: Buffer) => Buffer.from(bytes.toString('hex').toUpperCase()) },
  ...[0, 1, 2, 3, 4, 5].flatMap((lead) =>
    (['base64', 'base64url'] as const).map((encoding) => ({
      encoding,
      of: (bytes: Buffer) => Buffer.from(Buffer.concat([Buffer.alloc(lead, 'é'), bytes, text]).toString(encoding)),
    })),
  ),
  ...[true, false].flatMap((upper) => [
    { encoding: 'percent', of: (bytes: Buffer) => percent(bytes, () => true, upper) },
    { encoding: 'percent', of: (bytes: Buffer) => percent(bytes, isUnsafe, upper) },
  ]),
  { encoding: 'utf16le', of: (bytes: Buffer) => Buffer.from(wide(bytes), 'utf16le') },
  { encoding: 'utf16be', of: (bytes: Buffer) => Buffer.from(wide(bytes), 'utf16le').swap16() },
];

function wide(bytes: Buffer): string {
  return bytes.equals(text) ? bytes.toString('utf8') : bytes.toString('latin1');
}

describe('a canary is found', () => {
  test.each(
    [
      { label: 'content', canary: text },
      { label: 'group-secret', canary: secret },
    ].flatMap((row) => forms.map((form) => ({ ...row, ...form }))),
  )('$label as $encoding, at every alignment', ({ label, canary, encoding, of }) => {
    for (let shift = 0; shift < 17; shift += 1) {
      const found = search.search(source(buried(of(canary), 1000 + shift)));
      const hits = found.hits.filter((hit) => hit.canary === label).map((hit) => hit.encoding);
      // Where both alphabets write the same characters, the form goes by the name of the first.
      const names = encoding === 'base64url' ? ['base64', 'base64url'] : [encoding];
      expect(names.some((name) => hits.includes(name))).toBe(true);
      expect(found.markFound).toBe(false);
    }
  });

  test('at the very start and the very end', () => {
    const found = search.search(source(Buffer.concat([text, Buffer.alloc(100), secret])));
    expect(found.hits).toEqual([
      { canary: 'content', encoding: 'raw', offset: 0 },
      { canary: 'group-secret', encoding: 'raw', offset: text.length + 100 },
    ]);
  });

  test('with its first offset, once per encoding, however often it stands there', () => {
    const found = search.search(source(Buffer.concat([buried(text, 77), text, text])));
    expect(found.hits).toEqual([{ canary: 'content', encoding: 'raw', offset: 77 }]);
  });

  const body = Buffer.from(`{"items":[${'"padding",'.repeat(300)}"`);
  const plain = Buffer.concat([body, text, Buffer.from('"]}')]);
  test.each([
    { format: 'gzip', compressed: gzipSync(plain) },
    { format: 'gzip', compressed: gzipWithHeader(plain) },
    { format: 'zlib', compressed: deflateSync(plain) },
    { format: 'zlib', compressed: deflateSync(plain, { level: 0 }) },
    { format: 'zlib', compressed: deflateSync(plain, { level: 5 }) },
    { format: 'zlib', compressed: deflateSync(plain, { level: 9 }) },
    { format: 'zlib', compressed: deflateSync(plain, { strategy: 4 }) },
    { format: 'zip', compressed: zipOf('notes.txt', plain) },
    { format: 'zstd', compressed: zstdCompressSync(plain) },
  ])('in $format inside a file', ({ format, compressed }) => {
    const found = search.search(source(buried(compressed, 313)));
    expect(found.hits).toContainEqual({ canary: 'content', encoding: `${format}>raw`, offset: 313 });
  });

  test('in raw deflate that is all of a source', () => {
    const found = search.search(source(deflateRawSync(plain)));
    expect(found.hits).toContainEqual({ canary: 'content', encoding: 'deflate>raw', offset: 0 });
  });

  test('in gzip inside gzip, and no deeper', () => {
    const twice = gzipSync(Buffer.concat([Buffer.from('outer '), gzipSync(plain)]));
    expect(search.search(source(buried(twice, 99))).hits).toContainEqual({
      canary: 'content',
      encoding: 'gzip>gzip>raw',
      offset: 99,
    });
    expect(search.search(source(gzipSync(twice))).hits).toEqual([]);
  });

  test('in the part of a gzip stream before it breaks off', () => {
    const noise = Buffer.from(new Prng('noise').bytes(20_000)).toString('hex');
    const whole = gzipSync(Buffer.concat([plain, Buffer.from(noise)]));
    const broken = Buffer.concat([whole.subarray(0, 4000), Buffer.from('next page'), whole.subarray(4000)]);
    expect(search.search(source(buried(broken, 5))).hits).toHaveLength(1);
  });
});

test('pieces are searched one by one, and a hit is told by its place in the whole', () => {
  const pieces = [Buffer.from('x'.repeat(11)), buried(text, 31), text.subarray(0, 9), text.subarray(9)];
  const found = search.search(sourceOf({ source: 'capture:relay', kind: 'capture' }, pieces));
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  expect(found).toMatchObject({ bytes, hits: [{ canary: 'content', encoding: 'raw', offset: 11 + 31 }] });
  expect(search.search(sourceOf({ source: 'capture:relay', kind: 'capture' }, pieces.slice(2))).hits).toEqual([]);
});

describe('nothing is found', () => {
  test.each([
    { where: 'in random bytes', bytes: Buffer.from(new Prng('random').bytes(300_000)) },
    { where: 'in nothing', bytes: Buffer.alloc(0) },
    { where: 'in fewer bytes than a canary', bytes: Buffer.from('Fen') },
    { where: 'when the last byte differs', bytes: buried(Buffer.concat([text.subarray(0, -1), Buffer.from('!')])) },
    { where: 'when the source ends before the canary does', bytes: text.subarray(0, -1) },
    { where: 'when the first byte differs', bytes: buried(Buffer.concat([Buffer.from('G'), text.subarray(1)])) },
    { where: 'in brotli, which cannot be told from noise', bytes: brotliCompressSync(Buffer.concat([text, text])) },
  ])('$where', ({ bytes }) => {
    expect(search.search(source(bytes)).hits).toEqual([]);
  });
});

describe('the mark', () => {
  test.each(forms)('is found as $encoding by the same search', ({ of }) => {
    const found = search.search(source(buried(of(Buffer.from(mark)))));
    expect(found).toMatchObject({ markFound: true, opaque: false });
    expect(found.hits.filter((hit) => hit.canary !== 'content')).toEqual([]);
  });

  test('is not found where only canaries are', () => {
    expect(search.search(source(buried(text))).markFound).toBe(false);
  });
});

test('searchSources keeps the order, sizes and names of its sources', () => {
  const sources: RawSource[] = [
    { source: 'relay-log', kind: 'log', bytes: Buffer.from(`a ${mark} b`) },
    { source: 'capture:relay', kind: 'capture', bytes: secret, opaque: true },
  ];
  expect(searchSources(sources, [{ label: 'group-secret', bytes: secret }], mark)).toEqual([
    { source: 'relay-log', kind: 'log', bytes: 20, markFound: true, opaque: false, hits: [] },
    {
      source: 'capture:relay',
      kind: 'capture',
      bytes: 32,
      markFound: false,
      opaque: true,
      hits: [{ canary: 'group-secret', encoding: 'raw', offset: 0 }],
    },
  ]);
});

test('a canary or mark too short to mean anything is refused', () => {
  const short = { label: 'passphrase', bytes: Buffer.from('seven b') };
  expect(() => prepareSearch([short], mark)).toThrow('passphrase has at least 8 bytes to search for');
  expect(() => prepareSearch([], 'short')).toThrow('the mark has at least 8 bytes to search for');
});

/** With every optional part of the header: extra field, name, comment and checksum. */
function gzipWithHeader(content: Buffer): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 4 | 8 | 16 | 2, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3]);
  return Buffer.concat([header, Buffer.from('name\0a comment\0'), Buffer.from([7, 7]), deflateRawSync(content)]);
}

/** One member of a ZIP archive: local file header, name, deflated data. */
function zipOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32BE(0x504b0304);
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), deflateRawSync(content)]);
}
