import { x25519KeyBytes } from '../../contract/wire.ts';
import { FrameReader } from './frame-reader.ts';
import { RecordOpener } from './record-opener.ts';
import type { SessionRecords, WireRecord } from './wire-records.ts';

/** From a node's `session-keys` announcement, base64 each. */
export interface SessionKeys {
  readonly ephemeral: string;
  readonly initiatorKey: string;
  readonly responderKey: string;
}

/** One direction of a session after its keys were tried. */
export interface OpenedDirection {
  readonly plaintext: readonly Uint8Array[];
  /** By record, from the first after the handshake: the names of the messages that end in it. */
  readonly messages: readonly (readonly string[])[];
  readonly readableMessages: number;
  /** Records from the first that did not open to the last. */
  readonly unopened: number;
}

export interface OpenedSession {
  readonly up: OpenedDirection;
  readonly down: OpenedDirection;
}

/** The keys of many sessions, found by the ephemeral key that the initiator sends in clear. */
export class SessionKeyring {
  /** Two sessions may share an ephemeral: a defect this must not be blinded by. */
  readonly #byEphemeral = new Map<string, SessionKeys[]>();

  constructor(all: readonly SessionKeys[]) {
    for (const keys of all) {
      const same = this.#byEphemeral.get(keys.ephemeral);
      if (same === undefined) this.#byEphemeral.set(keys.ephemeral, [keys]);
      else same.push(keys);
    }
  }

  /** Opens what follows the handshake; null when no keys fit. */
  open(session: SessionRecords): OpenedSession | null {
    const { up, down, handshake } = session;
    const m1 = up[0];
    if (m1 === undefined || handshake === null) return null;
    const ephemeral = Buffer.from(m1.message.subarray(0, x25519KeyBytes)).toString('base64');
    const transportUp = up.slice(handshake.up);
    const transportDown = down.slice(handshake.down);
    for (const keys of this.#byEphemeral.get(ephemeral) ?? []) {
      const opened = {
        up: openDirection(keys.initiatorKey, transportUp),
        down: openDirection(keys.responderKey, transportDown),
      };
      const some = opened.up.plaintext.length + opened.down.plaintext.length > 0;
      if (some || transportUp.length + transportDown.length === 0) return opened;
    }
    return null;
  }
}

/** Stops at the first record that does not open: what follows it was never taken in either. */
function openDirection(key: string, records: readonly WireRecord[]): OpenedDirection {
  const opener = new RecordOpener(Buffer.from(key, 'base64'));
  const frames = new FrameReader();
  const plaintext: Uint8Array[] = [];
  const messages: string[][] = [];
  for (const record of records) {
    const opened = opener.open(record.message);
    if (opened === null) break;
    plaintext.push(opened);
    messages.push(frames.read(opened));
  }
  return {
    plaintext,
    messages,
    readableMessages: frames.readable,
    unopened: records.length - plaintext.length,
  };
}
