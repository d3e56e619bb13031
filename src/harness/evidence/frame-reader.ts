import { frameBytesMax, framePrefixBytes, messageNameOf } from '../../contract/wire.ts';

/** Tells which messages end in each piece of one direction's decrypted stream. */
export class FrameReader {
  #waiting: Uint8Array = new Uint8Array(0);
  /** A length outside the limits was met: where frames begin is unknown from there on. */
  #broken = false;

  /** Messages that could be read as an envelope so far. */
  readable = 0;

  /** The message names of the frames that end in `plaintext`, which follows what was given before. */
  read(plaintext: Uint8Array): string[] {
    const names: string[] = [];
    if (this.#broken) return names;
    let bytes = this.#waiting.length === 0 ? plaintext : Buffer.concat([this.#waiting, plaintext]);
    while (bytes.length >= framePrefixBytes) {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      if (length === 0 || length > frameBytesMax) {
        this.#broken = true;
        return names;
      }
      if (bytes.length < framePrefixBytes + length) break;
      const name = messageNameIn(bytes.subarray(framePrefixBytes, framePrefixBytes + length));
      if (name !== null) this.readable += 1;
      names.push(name ?? unreadableMessage);
      bytes = bytes.subarray(framePrefixBytes + length);
    }
    this.#waiting = bytes;
    return names;
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

function arrayHead(bytes: Uint8Array): { readonly count: number; readonly end: number } | null {
  const first = bytes[0];
  if (first === undefined) return null;
  if (first >>> 4 === 0x9) return { count: first & 0x0f, end: 1 };
  const size = first === 0xdc ? 2 : first === 0xdd ? 4 : null;
  const count = size === null ? null : bigEndian(bytes, 1, size);
  return count === null ? null : { count, end: 1 + size! };
}

/** Sizes of the unsigned formats that follow the positive fixint; a u64 is no version and no type. */
const unsignedSizes = new Map([
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
]);

function unsigned(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | null {
  const first = bytes[at];
  if (first === undefined) return null;
  if (first < 0x80) return { value: first, end: at + 1 };
  const size = unsignedSizes.get(first);
  const value = size === undefined ? null : bigEndian(bytes, at + 1, size);
  return value === null ? null : { value, end: at + 1 + size! };
}

function bigEndian(bytes: Uint8Array, at: number, size: number): number | null {
  if (at + size > bytes.length) return null;
  let value = 0;
  for (let index = 0; index < size; index += 1) value = value * 256 + bytes[at + index]!;
  return value;
}
