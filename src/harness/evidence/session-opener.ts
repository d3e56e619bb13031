import { x25519KeyBytes } from '../../contract/wire.ts';
import { type FoundMessage, FrameReader } from './frame-reader.ts';
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
  /** Of the records that opened, joined. */
  readonly plaintext: Uint8Array;
  readonly opened: number;
  /** By record, from the first after the handshake: the messages that end in it. */
  readonly messages: readonly (readonly FoundMessage[])[];
  readonly readableMessages: number;
  /** Records from the first that did not open to the last. */
  readonly unopened: number;
}

export interface OpenedSession {
  readonly up: OpenedDirection;
  readonly down: OpenedDirection;
}

/**
 * The keys of many sessions, found by the ephemeral key that the initiator sends in clear. One keyring may serve several
 * capture points: records that are the same bytes at two of them are opened once.
 */
export class SessionKeyring {
  /** Two sessions may share an ephemeral: a defect this must not be blinded by. */
  readonly #byEphemeral = new Map<string, SessionKeys[]>();
  readonly #opened = new Map<string, OpenDirection>();

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
        up: this.#openDirection(keys.initiatorKey, transportUp),
        down: this.#openDirection(keys.responderKey, transportDown),
      };
      const some = opened.up.opened + opened.down.opened > 0;
      if (some || transportUp.length + transportDown.length === 0) return opened;
    }
    return null;
  }

  #openDirection(key: string, records: readonly WireRecord[]): OpenedDirection {
    let known = this.#opened.get(key);
    if (known === undefined) {
      known = new OpenDirection(key);
      this.#opened.set(key, known);
    }
    return known.read(records) ?? new OpenDirection(key).read(records)!;
  }
}

/** What one key has opened so far. Stops at the first record that does not open: what follows was never taken in either. */
class OpenDirection {
  readonly #opener: RecordOpener;
  readonly #frames = new FrameReader();
  readonly #records: Uint8Array[] = [];
  readonly #plaintext: Uint8Array[] = [];
  readonly #messages: (readonly FoundMessage[])[] = [];
  /** Readable messages up to each record. */
  readonly #readable: number[] = [];
  #isStuck = false;
  #joined: Uint8Array = new Uint8Array(0);
  #joinedCount = 0;

  constructor(key: string) {
    this.#opener = new RecordOpener(Buffer.from(key, 'base64'));
  }

  /** Opens the records that are new; null when those it knows differ. */
  read(records: readonly WireRecord[]): OpenedDirection | null {
    const known = this.#records.length;
    if (!records.slice(0, known).every(({ message }, index) => isSame(message, this.#records[index]!))) return null;
    for (const { message } of records.slice(known)) this.#take(message);
    const opened = Math.min(records.length, this.#plaintext.length);
    return {
      opened,
      plaintext: this.#join(opened),
      messages: this.#messages.slice(0, opened),
      readableMessages: this.#readable[opened - 1] ?? 0,
      unopened: records.length - opened,
    };
  }

  #take(record: Uint8Array): void {
    this.#records.push(record);
    const plaintext = this.#isStuck ? null : this.#opener.open(record);
    this.#isStuck = plaintext === null;
    if (plaintext === null) return;
    this.#plaintext.push(plaintext);
    this.#messages.push(this.#frames.read(plaintext));
    this.#readable.push(this.#frames.readable);
  }

  /** The same array for the same count, so that it need not be searched twice. */
  #join(count: number): Uint8Array {
    if (count !== this.#joinedCount) {
      this.#joined = Buffer.concat(this.#plaintext.slice(0, count));
      this.#joinedCount = count;
    }
    return this.#joined;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  return (a.buffer === b.buffer && a.byteOffset === b.byteOffset) || Buffer.compare(a, b) === 0;
}
