import { framePrefixBytes } from '../../contract/wire.ts';
import { concat } from '../../support/bytes.ts';
import { decodeEnvelope, type Envelope, MessageError } from '../core/envelope.ts';
import { FrameReader } from '../core/frames.ts';
import type { DeviceId } from '../core/ids.ts';
import type { RelayParts } from '../relay/parts.ts';

/** Keeps a frame that has begun within reach. */
export class KeepingReader extends FrameReader {
  /** Its length field and as much of it as has come; empty between frames. */
  begun: Uint8Array = new Uint8Array(0);

  override *push(plaintext: Uint8Array): Generator<Uint8Array, void> {
    yield* super.push(plaintext);
    const seen = concat(this.begun, plaintext);
    this.begun = seen.slice(seen.length - this.receivedBytes);
  }
}

/** Stores what has come of a push under the push's own id, as if it were the whole of it. */
export function storeBegun({ store, ports, fatal }: RelayParts, begun: Uint8Array): void {
  const envelope = envelopeIn(begun);
  if (envelope?.message.type !== 'PUSH') return;
  const { blobId, payload, ttl } = envelope.message;
  const senderId = envelope.senderId as DeviceId;
  const timestamp = Math.floor(ports.clock.wallMs() / 1000);
  store.push({ groupId: envelope.groupId, blobId, senderId, payload, timestamp, ttlSeconds: ttl }).catch(fatal);
}

/** What the frame would say if the rest of it were zeros; null where that says nothing. */
function envelopeIn(begun: Uint8Array): Envelope | null {
  if (begun.length <= framePrefixBytes) return null;
  const whole = new Uint8Array(new DataView(begun.buffer, begun.byteOffset).getUint32(0));
  whole.set(begun.subarray(framePrefixBytes));
  try {
    return decodeEnvelope(whole);
  } catch (error) {
    if (error instanceof MessageError) return null;
    throw error;
  }
}
