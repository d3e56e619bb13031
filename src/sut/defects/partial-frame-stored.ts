import { framePrefixBytes } from '../../contract/wire.ts';
import { concat } from '../../support/bytes.ts';
import { decodeEnvelope, type Envelope, MessageError } from '../core/envelope.ts';
import { FrameReader } from '../core/frames.ts';
import type { DeviceId } from '../core/ids.ts';
import { SecureChannel } from '../core/secure-channel.ts';
import type { RelayParts } from '../relay/parts.ts';
import type { Defect } from './defect.ts';

/** Keeps a frame that has begun within reach. */
class KeepingReader extends FrameReader {
  /** Its length field and as much of it as has come; empty between frames. */
  begun: Uint8Array = new Uint8Array(0);

  override *push(plaintext: Uint8Array): Generator<Uint8Array, void> {
    yield* super.push(plaintext);
    const seen = concat(this.begun, plaintext);
    this.begun = seen.slice(seen.length - this.receivedBytes);
  }
}

export const partialFrameStored: Defect = {
  name: 'partial-frame-stored',
  about:
    'The relay makes room for a whole frame when it begins, and takes what is there when the connection ends: half a push is stored as an item, which opens on no device, and the whole one is refused ever after because its id is taken.',
  relay: (parts) => ({
    ...parts,
    openChannel(options) {
      const reader = new KeepingReader();
      return new (class extends SecureChannel {
        override close(): void {
          storeBegun(parts, reader.begun);
          super.close();
        }
      })({ ...options, newFrameReader: () => reader });
    },
  }),
};

function storeBegun({ store, ports, fatal }: RelayParts, begun: Uint8Array): void {
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
