import { frameBytesMax, framePrefixBytes, messageNameOf } from '../../contract/wire.ts';

/** One message, by what an envelope shows of it. */
export interface FoundMessage {
  readonly name: string;
  /** Of a request for a page: the cursor after which it begins. Null: none, or it could not be read. */
  readonly after: number | null;
  /** Of an ERROR: its code. Null: none, or it could not be read. */
  readonly code: number | null;
}

/** Tells which messages end in each piece of one direction's decrypted stream. */
export class FrameReader {
  /** The pieces of a frame that has not ended, and how many bytes of them and of what follows it takes to go on. */
  #waiting: Uint8Array[] = [];
  #missing = framePrefixBytes;
  /** A length outside the limits was met: where frames begin is unknown from there on. */
  #broken = false;

  /** Messages that could be read as an envelope so far. */
  readable = 0;

  /** The messages of the frames that end in `plaintext`, which follows what was given before. */
  read(plaintext: Uint8Array): FoundMessage[] {
    const found: FoundMessage[] = [];
    if (this.#broken) return found;
    this.#waiting.push(plaintext);
    this.#missing -= plaintext.length;
    if (this.#missing > 0) return found;
    let bytes = this.#waiting.length === 1 ? plaintext : Buffer.concat(this.#waiting);
    let wanted = framePrefixBytes;
    while (bytes.length >= framePrefixBytes) {
      const length = bigEndian(bytes, 0, framePrefixBytes)!;
      if (length === 0 || length > frameBytesMax) {
        this.#broken = true;
        return found;
      }
      wanted = framePrefixBytes + length;
      if (bytes.length < wanted) break;
      const envelope = bytes.subarray(framePrefixBytes, wanted);
      const name = messageNameIn(envelope);
      if (name !== null) this.readable += 1;
      found.push({
        name: name ?? unreadableMessage,
        after: name === 'PULL' ? firstOfBody(envelope) : null,
        code: name === 'ERROR' ? firstOfBody(envelope) : null,
      });
      bytes = bytes.subarray(wanted);
      wanted = framePrefixBytes;
    }
    this.#waiting = bytes.length === 0 ? [] : [bytes];
    this.#missing = wanted - bytes.length;
    return found;
  }
}

/** Stands for a frame that holds no envelope. */
export const unreadableMessage = 'unreadable';

/**
 * The type of the message in an envelope: a MessagePack array of at least eight that starts with version and type.
 * A number without a name is given as such. Null: no envelope.
 */
export function messageNameIn(envelope: Uint8Array): string | null {
  const head = arrayHead(envelope);
  if (head === null || head.count < 8) return null;
  const version = unsigned(envelope, head.end);
  const type = version === null ? null : unsigned(envelope, version.end);
  if (type === null) return null;
  return messageNameOf(type.value) ?? `0x${type.value.toString(16).padStart(2, '0')}`;
}

/** Version, type, sender, group, cursor, time and nonce come before the body. */
const elementsBeforeBody = 7;

/**
 * The first element of a body, which is an array of its own, when it is a number: the cursor after which a request for a
 * page asks, the code of an ERROR.
 */
export function firstOfBody(envelope: Uint8Array): number | null {
  let at = arrayHead(envelope)?.end ?? envelope.length;
  for (let element = 0; element < elementsBeforeBody; element += 1) {
    at = (unsigned(envelope, at) ?? binary(envelope, at))?.end ?? envelope.length;
  }
  const body = binary(envelope, at)?.value;
  const head = body === undefined ? null : arrayHead(body);
  return head === null || head.count === 0 ? null : (unsigned(body!, head.end)?.value ?? null);
}

function arrayHead(bytes: Uint8Array): { readonly count: number; readonly end: number } | null {
  const first = bytes[0];
  if (first === undefined) return null;
  if (first >>> 4 === 0x9) return { count: first & 0x0f, end: 1 };
  const size = first === 0xdc ? 2 : first === 0xdd ? 4 : null;
  const count = size === null ? null : bigEndian(bytes, 1, size);
  return count === null ? null : { count, end: 1 + size! };
}

/** Sizes of the unsigned formats that follow the positive fixint. */
const unsignedSizes = new Map([
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
]);

function unsigned(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | null {
  const first = bytes[at];
  if (first === undefined) return null;
  if (first < 0x80) return { value: first, end: at + 1 };
  const size = unsignedSizes.get(first);
  const value = size === undefined ? null : bigEndian(bytes, at + 1, size);
  return value === null ? null : { value, end: at + 1 + size! };
}

/** Sizes of the lengths of byte strings. */
const binarySizes = new Map([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
]);

function binary(bytes: Uint8Array, at: number): { readonly value: Uint8Array; readonly end: number } | null {
  const size = binarySizes.get(bytes[at] ?? 0);
  const length = size === undefined ? null : bigEndian(bytes, at + 1, size);
  if (length === null) return null;
  const from = at + 1 + size!;
  return from + length > bytes.length ? null : { value: bytes.subarray(from, from + length), end: from + length };
}

function bigEndian(bytes: Uint8Array, at: number, size: number): number | null {
  if (at + size > bytes.length) return null;
  let value = 0;
  for (let index = 0; index < size; index += 1) value = value * 256 + bytes[at + index]!;
  return value;
}
