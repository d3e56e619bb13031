import { Encoder } from '@msgpack/msgpack';
import {
  envelopeNonceBytes,
  frameBytesMax,
  idBytes,
  messageNameOf,
  messageTypes,
  protocolVersion,
} from '../../contract/wire.ts';
import { bytesOfId, type DeviceId, deviceIdFromBytes, type GroupId, groupIdFromBytes, type RelayId } from './ids.ts';
import { MessageError, MessageReader } from './message-reader.ts';
import { decodeBody, encodeBody, type Message } from './messages.ts';

export { MessageError } from './message-reader.ts';

/** What every message travels in. */
export interface Envelope {
  readonly message: Message;
  /** The device from client to relay, the relay from relay to client; 32 bytes either way. */
  readonly senderId: DeviceId | RelayId;
  readonly groupId: GroupId;
  /** 0 from client to relay. */
  readonly cursor: number;
  /** Unix seconds, informational. */
  readonly timestamp: number;
  /** 24 random bytes, unique per message. */
  readonly nonce: Uint8Array;
}

const encoder = new Encoder();

/** One frame's worth of bytes; throws MessageError for values out of range. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const { message, nonce } = envelope;
  if (nonce.length !== envelopeNonceBytes) {
    throw new MessageError('envelope', 'nonce', `${envelopeNonceBytes} bytes`, String(nonce.length));
  }
  const bytes = encoder.encode([
    protocolVersion,
    messageTypes[message.type],
    bytesOfId(envelope.senderId),
    bytesOfId(envelope.groupId),
    checked('cursor', envelope.cursor),
    checked('timestamp', envelope.timestamp),
    nonce,
    encodeBody(message),
  ]);
  if (bytes.length > frameBytesMax) {
    throw new MessageError('envelope', message.type, `at most ${frameBytesMax} bytes`, String(bytes.length));
  }
  return bytes;
}

/**
 * The envelope in one frame; throws MessageError. With `part` "envelope" nothing of the frame can be trusted; with "body"
 * (an unknown type, a bad field) the session may go on. Byte strings are views into `bytes`.
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const reader = new MessageReader(bytes, 'envelope');
  const count = reader.array('envelope');
  if (count < 8) throw reader.error('envelope', 'at least 8 elements', String(count));
  const version = reader.uint('version', 0xff);
  if (version !== protocolVersion) throw reader.error('version', String(protocolVersion), String(version));
  const type = reader.uint('msg_type', 0xff);
  const senderId = deviceIdFromBytes(reader.bin('sender_id', idBytes, idBytes));
  const groupId = groupIdFromBytes(reader.bin('group_id', idBytes, idBytes));
  const cursor = reader.uint('cursor', Number.MAX_SAFE_INTEGER);
  const timestamp = reader.uint('timestamp', Number.MAX_SAFE_INTEGER);
  const nonce = reader.bin('nonce', envelopeNonceBytes, envelopeNonceBytes);
  const payload = reader.bin('payload', 0, frameBytesMax);
  reader.skip('envelope', count - 8);
  reader.end('envelope');
  const name = messageNameOf(type);
  if (name === null)
    throw new MessageError('body', 'msg_type', 'a known type', `0x${type.toString(16).padStart(2, '0')}`);
  return { message: decodeBody(name, payload), senderId, groupId, cursor, timestamp, nonce };
}

function checked(field: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new MessageError('envelope', field, `a whole number up to ${Number.MAX_SAFE_INTEGER}`, 'another');
  }
  return value;
}
