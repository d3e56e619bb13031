/** One way a byte string may be written down. */
export interface EncodedForm {
  readonly encoding: string;
  readonly bytes: Uint8Array;
}

/**
 * Every form a canary is searched in: raw, hex, base64 at its three alignments in both alphabets, percent-encoded and
 * UTF-16. Forms that are the same bytes appear once.
 *
 * Not covered: base64 broken into lines, JSON `\u` escapes, and an encoding of an encoding.
 */
export function encodedForms(canary: Uint8Array): EncodedForm[] {
  const hex = Buffer.from(canary).toString('hex');
  const forms = [
    { encoding: 'raw', bytes: canary },
    ascii('hex', hex),
    ascii('hex', hex.toUpperCase()),
    ...[0, 1, 2].flatMap((alignment) => base64Forms(canary, alignment)),
    ...percentForms(canary),
    ...utf16Forms(canary),
  ];
  const different = new Map<string, EncodedForm>();
  for (const form of forms) {
    const key = Buffer.from(form.bytes).toString('latin1');
    if (!different.has(key)) different.set(key, form);
  }
  return [...different.values()];
}

function ascii(encoding: string, text: string): EncodedForm {
  return { encoding, bytes: Buffer.from(text, 'latin1') };
}

/** The characters that depend on the canary alone when `alignment` (0, 1 or 2) other bytes stand before its first group. */
function base64Forms(canary: Uint8Array, alignment: number): EncodedForm[] {
  const shifted = Buffer.concat([Buffer.alloc(alignment), canary]);
  const first = Math.ceil((alignment * 8) / 6);
  const end = Math.floor((shifted.length * 8) / 6);
  return (['base64', 'base64url'] as const).map((alphabet) =>
    ascii(alphabet, shifted.toString(alphabet).slice(first, end)),
  );
}

/** What RFC 3986 lets stand as it is. */
const unreserved = /[A-Za-z0-9\-._~]/;

function percentForms(canary: Uint8Array): EncodedForm[] {
  const full = Array.from(canary, (byte) => `%${byte.toString(16).padStart(2, '0')}`);
  const unsafeOnly = full.map((escaped, index) => {
    const character = String.fromCharCode(canary[index]!);
    return unreserved.test(character) ? character : escaped;
  });
  const upper = (escapes: readonly string[]) => escapes.map((text) => (text.length === 3 ? text.toUpperCase() : text));
  return [full, upper(full), unsafeOnly, upper(unsafeOnly)].map((escapes) => ascii('percent', escapes.join('')));
}

/** Text as UTF-16; bytes that are no UTF-8 are widened one by one, as a latin1 decoder would. */
function utf16Forms(canary: Uint8Array): EncodedForm[] {
  const bytes = Buffer.from(canary);
  const decoded = bytes.toString('utf8');
  const text = Buffer.from(decoded, 'utf8').equals(bytes) ? decoded : bytes.toString('latin1');
  const littleEndian = Buffer.from(text, 'utf16le');
  return [
    { encoding: 'utf16le', bytes: littleEndian },
    { encoding: 'utf16be', bytes: Buffer.from(littleEndian).swap16() },
  ];
}
