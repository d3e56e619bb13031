import { assert } from '../../support/assert.ts';
import { utf8 } from '../../support/bytes.ts';
import { type EncodedForm, encodedForms } from './encodings.ts';
import { PatternIndex } from './pattern-index.ts';

/** What must not show in relay logs and pages: an id, a name or an address as text. */
export interface Identifier {
  readonly label: string;
  readonly text: string;
}

export interface IdentifierHit {
  readonly label: string;
  readonly encoding: string;
  /** Byte offset in the text. */
  readonly offset: number;
}

/** Shorter texts are found only as words of their own. */
const formBytesMin = 8;

/**
 * Finds identifiers in a text: each in every encoding of its text and, where the text stands for bytes (base64url of 32,
 * a UUID, an IPv4 address), of those; a text too short for that as a word of its own. The first hit of each form.
 */
export function findIdentifiers(text: string, identifiers: readonly Identifier[]): IdentifierHit[] {
  const { forms, index, words } = preparedFor(identifiers, !/[%\0]/.test(text));
  const hits: IdentifierHit[] = [];
  for (const { pattern, offset } of index?.firstHits(utf8(text)) ?? []) {
    const { label, encoding } = forms[pattern]!;
    hits.push({ label, encoding, offset });
  }
  for (const { label, encoding, word } of words) {
    const at = wordAt(text, word);
    if (at >= 0) hits.push({ label, encoding, offset: Buffer.byteLength(text.slice(0, at)) });
  }
  return hits;
}

const markLabel = 'the mark';
const marked = new WeakMap<readonly Identifier[], { readonly mark: string; readonly list: readonly Identifier[] }>();

/** The same as `findIdentifiers`, and whether the mark was found, raw, by the very same search. */
export function findMarked(text: string, identifiers: readonly Identifier[], mark: string) {
  let known = marked.get(identifiers);
  if (known?.mark !== mark) {
    known = { mark, list: [...identifiers, { label: markLabel, text: mark }] };
    marked.set(identifiers, known);
  }
  const found = findIdentifiers(text, known.list);
  const hits = found.filter(({ label }) => label !== markLabel);
  return { hits, markFound: found.some(({ label, encoding }) => label === markLabel && encoding === 'raw') };
}

interface Prepared {
  /** Without the forms that no plain text can hold. */
  readonly isPlain: boolean;
  readonly forms: readonly ({ readonly label: string } & EncodedForm)[];
  readonly index: PatternIndex | null;
  readonly words: readonly { readonly label: string; readonly encoding: string; readonly word: string }[];
}

/** One trial searches its log and every page for the same list; making the forms costs more than the search. */
const prepared = new WeakMap<readonly Identifier[], Prepared>();

function preparedFor(identifiers: readonly Identifier[], isPlain: boolean): Prepared {
  const known = prepared.get(identifiers);
  if (known !== undefined && (isPlain || !known.isPlain)) return known;
  const forms: Prepared['forms'][number][] = [];
  const words: Prepared['words'][number][] = [];
  for (const { label, text } of identifiers) {
    assert(text.length > 2, `${label} has at least 3 characters to look for`);
    for (const bytes of [utf8(text), ...bytesMeantBy(text)]) {
      if (bytes.length < formBytesMin) continue;
      for (const form of encodedForms(bytes, isPlain)) forms.push({ label, ...form });
    }
    for (const short of shortWords(text)) words.push({ label, ...short });
  }
  const index = forms.length === 0 ? null : new PatternIndex(forms.map((form) => form.bytes));
  const made = { isPlain, forms, index, words };
  prepared.set(identifiers, made);
  return made;
}

function bytesMeantBy(text: string): Uint8Array[] {
  if (/^[A-Za-z0-9_-]{43}$/.test(text)) return [Buffer.from(text, 'base64url')];
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return [Buffer.from(text.replaceAll('-', ''), 'hex')];
  return [];
}

function shortWords(text: string): { readonly encoding: string; readonly word: string }[] {
  const raw = utf8(text).length < formBytesMin ? [{ encoding: 'raw', word: text }] : [];
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return raw;
  // A token has the length of an address in hex.
  const hex = Buffer.from(text.split('.').map(Number)).toString('hex');
  return [...raw, { encoding: 'hex', word: hex }];
}

/** Index of the word, letters of either case alike, with no letter or digit beside it; -1 when there is none. */
function wordAt(text: string, word: string): number {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.search(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'iu'));
}
