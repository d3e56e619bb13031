/** One way a byte string may be written down. */
export interface EncodedForm {
  readonly encoding: string;
  readonly bytes: Uint8Array;
}

/**
 * Every form a canary is searched in: raw, hex, base64 at its three alignments in both alphabets, percent-encoded and
 * UTF-16. Forms that are the same bytes appear once. A text without `%` and without a zero byte cannot hold those that
 * need one; `isPlain` leaves them out.
 *
 * Not covered: base64 broken into lines, JSON `\u` escapes, and an encoding of an encoding.
 */
export function encodedForms(canary: Uint8Array, isPlain = false): EncodedForm[] {
  const raw = Buffer.from(canary.buffer, canary.byteOffset, canary.length);
  const forms: EncodedForm[] = [];
  const add = (encoding: string, bytes: Buffer): void => {
    if (!forms.some((form) => form.bytes.length === bytes.length && bytes.equals(form.bytes))) {
      forms.push({ encoding, bytes });
    }
  };
  const hex = raw.toString('hex');
  add('raw', raw);
  add('hex', Buffer.from(hex, 'latin1'));
  add('hex', Buffer.from(hex.toUpperCase(), 'latin1'));
  for (const alignment of [0, 1, 2]) {
    const base64 = alignedBase64(raw, alignment);
    add('base64', Buffer.from(base64, 'latin1'));
    if (!/[+/]/.test(base64)) continue;
    add('base64url', Buffer.from(base64.replaceAll('+', '-').replaceAll('/', '_'), 'latin1'));
  }
  // Each of the next is raw once more or has a percent sign.
  if (!isPlain) for (const escapes of percentTables) add('percent', percentForm(raw, escapes));
  // A byte of ASCII is one of ASCII in UTF-16, beside a zero.
  if (isPlain && raw.some((byte) => byte < 0x80)) return forms;
  const utf16 = utf16Of(raw);
  add('utf16le', utf16);
  add('utf16be', Buffer.from(utf16).swap16());
  return forms;
}

/** The characters that depend on the canary alone when `alignment` (0, 1 or 2) other bytes stand before its first group. */
function alignedBase64(raw: Buffer, alignment: number): string {
  const shifted = alignment === 0 ? raw : Buffer.concat([Buffer.alloc(alignment), raw]);
  const first = Math.ceil((alignment * 8) / 6);
  const end = Math.floor((shifted.length * 8) / 6);
  return shifted.toString('base64').slice(first, end);
}

/** What RFC 3986 lets stand as it is. */
const unreserved = /[A-Za-z0-9\-._~]/;

/** Every byte escaped or only those that must be, in lower and upper case: what is written for each byte. */
const percentTables: readonly (readonly Uint8Array[])[] = [false, true].flatMap((sparesUnreserved) =>
  [false, true].map((isUpper) =>
    Array.from({ length: 256 }, (_, byte) => {
      const character = String.fromCharCode(byte);
      if (sparesUnreserved && unreserved.test(character)) return Uint8Array.of(byte);
      const hex = byte.toString(16).padStart(2, '0');
      return Buffer.from(`%${isUpper ? hex.toUpperCase() : hex}`, 'latin1');
    }),
  ),
);

function percentForm(raw: Uint8Array, escapes: readonly Uint8Array[]): Buffer {
  const written = Buffer.allocUnsafe(raw.length * 3);
  let length = 0;
  for (const byte of raw) {
    for (const character of escapes[byte]!) written[length++] = character;
  }
  return written.subarray(0, length);
}

/** Text as UTF-16, little-endian; bytes that are no UTF-8 are widened one by one, as a latin1 decoder would. */
function utf16Of(bytes: Buffer): Buffer {
  const decoded = bytes.toString('utf8');
  const text = Buffer.from(decoded, 'utf8').equals(bytes) ? decoded : bytes.toString('latin1');
  return Buffer.from(text, 'utf16le');
}
