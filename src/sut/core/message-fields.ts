import { idBytes, blobIdBytes as uuidBytes } from '../../contract/wire.ts';
import {
  type BlobId,
  blobIdFromBytes,
  bytesOfBlobId,
  bytesOfId,
  type DeviceId,
  deviceIdFromBytes,
  type GroupId,
  groupIdFromBytes,
  IdError,
  parseRelayId,
  type RelayId,
} from './ids.ts';
import { MessageError, type MessageReader } from './message-reader.ts';

/** One field of a message: how its value becomes what MessagePack writes, and how it is read and checked. */
export interface Field<T> {
  write(value: T, name: string): unknown;
  read(reader: MessageReader, name: string): T;
}

/** The fields of an array on the wire: the order of the keys is the order of the elements. */
// biome-ignore lint/suspicious/noExplicitAny: only the concrete layouts know their value types.
export type Layout = Readonly<Record<string, Field<any>>>;
export type ValueOf<L extends Layout> = { readonly [N in keyof L]: L[N] extends Field<infer T> ? T : never };

/** Whole numbers of 0 .. max. */
export function uint(max: number): Field<number> {
  return {
    write(value, name) {
      if (!Number.isSafeInteger(value) || value < 0 || value > max) {
        throw new MessageError(
          'body',
          name,
          `a whole number up to ${max}`,
          typeof value === 'number' ? 'another' : 'none',
        );
      }
      return value;
    },
    read: (reader, name) => reader.uint(name, max),
  };
}

export const u8 = uint(0xff);
export const u32 = uint(0xffff_ffff);
/** 64 bits on the wire, of which 53 are allowed. */
export const u64 = uint(Number.MAX_SAFE_INTEGER);

export const boolean: Field<boolean> = {
  write: (value) => value,
  read: (reader, name) => reader.boolean(name),
};

/** Byte strings of min .. max bytes. What is read is a view into the frame. */
export function bin(min: number, max = min): Field<Uint8Array> {
  return {
    write(value, name) {
      if (value.length < min || value.length > max) {
        throw new MessageError(
          'body',
          name,
          min === max ? `${min} bytes` : `${min} to ${max} bytes`,
          `${value.length}`,
        );
      }
      return value;
    },
    read: (reader, name) => reader.bin(name, min, max),
  };
}

/** Text of at most `max` bytes of UTF-8. */
export function string(max: number): Field<string> {
  return {
    write(value, name) {
      const length = Buffer.byteLength(value);
      if (length > max) throw new MessageError('body', name, `0 to ${max} bytes of text`, `${length}`);
      return value;
    },
    read: (reader, name) => reader.string(name, max),
  };
}

/** The field, or null as nil. */
export function optional<T>(field: Field<T>): Field<T | null> {
  return {
    write: (value, name) => (value === null ? null : field.write(value, name)),
    read: (reader, name) => (reader.nil() ? null : field.read(reader, name)),
  };
}

/** One of a list of names, as its index (u8). */
export function oneOf<const N extends string>(names: readonly N[]): Field<N> {
  return {
    write(value, name) {
      const index = names.indexOf(value);
      if (index < 0) throw new MessageError('body', name, `one of ${names.join(', ')}`, 'another');
      return index;
    },
    read: (reader, name) => names[reader.uint(name, names.length - 1)]!,
  };
}

/** A list of at most `max` arrays with this layout. */
export function list<L extends Layout>(layout: L, max: number): Field<readonly ValueOf<L>[]> {
  return {
    write(values, name) {
      if (values.length > max) throw new MessageError('body', name, `at most ${max} elements`, `${values.length}`);
      return values.map((value) => writeLayout(layout, value, name));
    },
    read(reader, name) {
      const count = reader.array(name);
      if (count > max) throw reader.error(name, `at most ${max} elements`, String(count));
      const values: ValueOf<L>[] = [];
      for (let index = 0; index < count; index += 1) values.push(readLayout(layout, reader, name));
      return values;
    },
  };
}

export const deviceId: Field<DeviceId> = id(idBytes, bytesOfId, deviceIdFromBytes);
export const groupId: Field<GroupId> = id(idBytes, bytesOfId, groupIdFromBytes);
export const blobId: Field<BlobId> = id(uuidBytes, bytesOfBlobId, blobIdFromBytes);

/** A relay id travels as its text. */
export const relayIdText: Field<RelayId> = {
  write: (value) => value,
  read(reader, name) {
    try {
      return parseRelayId(reader.string(name, 64));
    } catch (error) {
      if (error instanceof IdError) throw reader.error(name, 'a relay id', 'other text');
      throw error;
    }
  },
};

function id<T>(bytes: number, toBytes: (id: T) => Uint8Array, fromBytes: (bytes: Uint8Array) => T): Field<T> {
  return {
    write: toBytes,
    read: (reader, name) => fromBytes(reader.bin(name, bytes, bytes)),
  };
}

/** The elements of the array, ready for MessagePack. `where` goes before the names of fields in errors. */
export function writeLayout<L extends Layout>(layout: L, value: ValueOf<L>, where: string): unknown[] {
  const elements: unknown[] = [];
  for (const name in layout) elements.push(layout[name]!.write(value[name], `${where}.${name}`));
  return elements;
}

/** The value of the array that starts here; elements after the known ones are passed over. */
export function readLayout<L extends Layout>(layout: L, reader: MessageReader, where: string): ValueOf<L> {
  const count = reader.array(where);
  const value: Record<string, unknown> = {};
  let index = 0;
  for (const name in layout) {
    if (index >= count) throw reader.error(`${where}.${name}`, 'a value', 'the end of the array');
    value[name] = layout[name]!.read(reader, `${where}.${name}`);
    index += 1;
  }
  reader.skip(where, count - index);
  return value as ValueOf<L>;
}
