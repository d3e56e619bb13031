import {
  type HandshakeStage,
  type Mode,
  modeBytes,
  preambleBytes,
  protocolId,
  recordPrefixBytes,
  rekeyEveryRecords,
  tagBytes,
} from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';
import { concat, utf8 } from '../../support/bytes.ts';
import { CipherError, type CipherState } from './cipher-state.ts';
import { FrameError, FrameReader, framePlaintexts } from './frames.ts';
import { Handshake, HandshakeError, type HandshakeFailure, type HandshakeOptions, type Session } from './handshake.ts';
import type { Kem } from './kem.ts';
import { type Ephemerals, type RemoteStatic, type StaticKeys, wipeEphemerals } from './key-material.ts';
import { RecordReader, recordOf, writeRecordPrefix } from './records.ts';

interface CommonOptions {
  readonly keys: StaticKeys;
  /** Fresh for each channel; overwritten when the handshake ends. */
  readonly ephemerals: Ephemerals;
  readonly kem: Kem;
  /** Asked as soon as the other side's keys are known, on the initiator's side before ours are sent. */
  readonly acceptsRemote?: (remote: RemoteStatic) => boolean;
  /** Both sides must agree; other numbers than the protocol's are for tests of rekeying. */
  readonly rekeyEveryRecords?: number;
  /** Another handshake, for planted defects. */
  readonly newHandshake?: (options: HandshakeOptions) => Handshake;
  /** Another reader of frames, for planted defects. */
  readonly newFrameReader?: () => FrameReader;
}

export interface InitiatorOptions extends CommonOptions {
  readonly role: 'initiator';
  readonly mode: Mode;
}

export interface ResponderOptions extends CommonOptions {
  readonly role: 'responder';
  readonly allowsClassical: boolean;
}

export type ChannelOptions = InitiatorOptions | ResponderOptions;

export type ChannelEvent =
  /** Bytes for the other side. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** From now on `seal` works. The remote keys of a responder's peer are proven by the first envelope only. */
  | {
      readonly kind: 'established';
      readonly mode: Mode;
      readonly remoteStatic: RemoteStatic;
      readonly handshakeHash: Uint8Array;
    }
  | { readonly kind: 'envelope'; readonly bytes: Uint8Array };

/**
 * - `handshake`: see `stage` and `reason`.
 * - `length`: a record that cannot hold anything.
 * - `auth`: a record that does not open, or a used-up counter.
 * - `frame`: an impossible frame length.
 */
export type ChannelFailure = 'handshake' | 'length' | 'auth' | 'frame';

/** The channel is dead; close the stream. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  readonly kind: ChannelFailure;
  /** Null unless the kind is `handshake`. */
  readonly stage: HandshakeStage | null;
  readonly reason: HandshakeFailure | null;
  /** What the same bytes brought before the failure; to be handled first, in order. */
  readonly events: readonly ChannelEvent[];

  constructor(kind: ChannelFailure, cause: Error, events: readonly ChannelEvent[]) {
    super(cause.message, { cause });
    this.kind = kind;
    this.stage = cause instanceof HandshakeError ? cause.stage : null;
    this.reason = cause instanceof HandshakeError ? cause.reason : null;
    this.events = events;
  }
}

/** What the export hook of the test image hands out; keys and counters as they are now. */
export interface ExportedKeys {
  readonly sendKey: Uint8Array;
  readonly sendCounter: bigint;
  readonly receiveKey: Uint8Array;
  readonly receiveCounter: bigint;
  readonly handshakeHash: Uint8Array;
}

class RecordLengthError extends Error {
  constructor(got: number) {
    super(`record: expected at least ${recordBytesMin} bytes, got ${got}`);
  }
}

const id = utf8(protocolId);
/** A record with nothing in it is never sent. */
const recordBytesMin = tagBytes + 1;
const nothing = new Uint8Array(0);

/**
 * The secure session between a device and a relay, from the first byte: bytes in, events out. It performs nothing itself.
 *
 * After a ChannelError it is dead: nothing more comes out of it, and every further call throws.
 */
export class SecureChannel {
  readonly #options: ChannelOptions;
  readonly #records = new RecordReader();
  readonly #frames: FrameReader;
  readonly #rekeyEvery: bigint;
  /** Start of the stream, until the preamble is complete. */
  #preamble: Uint8Array = nothing;
  #mode: Mode | null = null;
  #handshake: Handshake | null = null;
  #session: Session | null = null;
  #rekeys = { send: 0, receive: 0 };
  readonly #recordCounts = { send: 0, receive: 0 };
  #failure: { kind: ChannelFailure; cause: Error } | null = null;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#frames = options.newFrameReader?.() ?? new FrameReader();
    this.#rekeyEvery = BigInt(options.rekeyEveryRecords ?? rekeyEveryRecords);
  }

  /** The initiator's opening: preamble and first record. The responder only listens. */
  start(): Uint8Array {
    assert(this.#options.role === 'initiator' && this.#mode === null, 'only an initiator starts, and only once');
    this.#begin(this.#options.mode);
    return concat(preambleOf(this.#options.mode), recordOf(this.#handshake!.write()));
  }

  get isEstablished(): boolean {
    return this.#session !== null;
  }

  /** How often each direction has changed its key. */
  get rekeyCounts(): { readonly send: number; readonly receive: number } {
    return this.#rekeys;
  }

  /** Transport records each way so far; those of the handshake are not counted. */
  get recordCounts(): { readonly send: number; readonly receive: number } {
    return this.#recordCounts;
  }

  /** Bytes of a frame that is still arriving, those of an incomplete record included; 0 when none is. */
  get incompleteBytes(): number {
    return this.#frames.receivedBytes + this.#records.waitingBytes;
  }

  /** Takes the next bytes of the stream; the caller must not change them afterwards. Throws ChannelError. */
  receive(chunk: Uint8Array): ChannelEvent[] {
    const events: ChannelEvent[] = [];
    this.#guarded(events, () => {
      const rest = this.#mode === null ? this.#readPreamble(chunk) : chunk;
      if (rest.length === 0) return;
      this.#records.push(rest);
      for (;;) {
        const length = this.#records.announcedBytes;
        if (length === null) return;
        this.#checkLength(length);
        const message = this.#records.next();
        if (message === null) return;
        if (this.#session === null) this.#handshakeMessage(message, events);
        else this.#transportMessage(this.#session.receive, message, events);
      }
    });
    return events;
  }

  /** One envelope as bytes to send, in one or more records. */
  seal(envelope: Uint8Array): Uint8Array {
    return this.#guarded([], () => {
      assert(this.#session !== null, 'the channel is established before it seals');
      const cipher = this.#session.send;
      const plaintexts = framePlaintexts(envelope);
      const overhead = recordPrefixBytes + tagBytes;
      const bytes = new Uint8Array(plaintexts.reduce((sum, plaintext) => sum + plaintext.length + overhead, 0));
      let offset = 0;
      for (const plaintext of plaintexts) {
        writeRecordPrefix(bytes, offset, plaintext.length + tagBytes);
        cipher.sealInto(bytes, offset + recordPrefixBytes, nothing, plaintext);
        this.#recordCounts.send += 1;
        offset += plaintext.length + overhead;
        if (this.#rekeyIsDue(cipher)) this.#rekeys = { ...this.#rekeys, send: this.#rekeys.send + 1 };
      }
      return bytes;
    });
  }

  /**
   * The current keys of both directions and the channel binding. Called by the export hook of the test image only: there
   * it lets captures be decrypted. Nothing in a release calls it.
   */
  exportKeys(): ExportedKeys {
    assert(this.#session !== null, 'the channel is established before its keys are exported');
    const { send, receive, handshakeHash } = this.#session;
    return {
      sendKey: send.exportKey(),
      sendCounter: send.counter,
      receiveKey: receive.exportKey(),
      receiveCounter: receive.counter,
      handshakeHash,
    };
  }

  /** Forgets all keys, for a stream that has ended; every further call throws. */
  close(): void {
    this.#fail('auth', new CipherError('the channel is closed'));
  }

  /** Compares byte by byte, so that a stranger is refused at the first byte that cannot be ours. */
  #readPreamble(chunk: Uint8Array): Uint8Array {
    if (this.#options.role === 'initiator') {
      throw new HandshakeError('m1', 'order', 'bytes arrived before the first message was sent');
    }
    const missing = preambleBytes - this.#preamble.length;
    this.#preamble = concat(this.#preamble, chunk.subarray(0, missing));
    if (!this.#preamble.subarray(0, id.length).every((byte, index) => byte === id[index])) {
      throw new HandshakeError('m1', 'preamble', `expected the stream to open with ${protocolId}, got something else`);
    }
    if (this.#preamble.length < preambleBytes) return nothing;
    this.#begin(this.#modeOf(this.#preamble[id.length]!));
    return chunk.subarray(missing);
  }

  #modeOf(byte: number): Mode {
    if (byte === modeBytes.hybrid) return 'hybrid';
    const allowsClassical = this.#options.role === 'responder' && this.#options.allowsClassical;
    if (byte === modeBytes.classical && allowsClassical) return 'classical';
    throw new HandshakeError('m1', 'mode', `mode byte ${byte} is unknown or not allowed here`);
  }

  #begin(mode: Mode): void {
    const { role, keys, ephemerals, kem, acceptsRemote, newHandshake } = this.#options;
    this.#mode = mode;
    const options: HandshakeOptions = {
      role,
      mode,
      keys,
      ephemerals,
      kem,
      prologue: preambleOf(mode),
      ...(acceptsRemote === undefined ? {} : { acceptsRemote }),
    };
    this.#handshake = newHandshake?.(options) ?? new Handshake(options);
  }

  #checkLength(length: number): void {
    if (this.#session === null) this.#handshake!.checkLength(length);
    else if (length < recordBytesMin) throw new RecordLengthError(length);
  }

  #handshakeMessage(message: Uint8Array, events: ChannelEvent[]): void {
    const handshake = this.#handshake!;
    handshake.read(message);
    if (handshake.turn === 'write') events.push({ kind: 'send', bytes: recordOf(handshake.write()) });
    if (handshake.session === null) return;
    this.#session = handshake.session;
    this.#handshake = null;
    const { remote, handshakeHash } = this.#session;
    events.push({ kind: 'established', mode: this.#mode!, remoteStatic: remote, handshakeHash });
  }

  #transportMessage(cipher: CipherState, message: Uint8Array, events: ChannelEvent[]): void {
    const plaintext = cipher.open(nothing, message);
    this.#recordCounts.receive += 1;
    if (this.#rekeyIsDue(cipher)) this.#rekeys = { ...this.#rekeys, receive: this.#rekeys.receive + 1 };
    for (const bytes of this.#frames.push(plaintext)) events.push({ kind: 'envelope', bytes });
  }

  #rekeyIsDue(cipher: CipherState): boolean {
    const isDue = cipher.counter % this.#rekeyEvery === 0n;
    if (isDue) cipher.rekey();
    return isDue;
  }

  #guarded<T>(events: readonly ChannelEvent[], work: () => T): T {
    if (this.#failure !== null) throw new ChannelError(this.#failure.kind, this.#failure.cause, []);
    try {
      return work();
    } catch (error) {
      const kind = kindOf(error);
      if (kind === null) throw error;
      this.#fail(kind, error as Error);
      throw new ChannelError(kind, error as Error, events);
    }
  }

  #fail(kind: ChannelFailure, cause: Error): void {
    this.#failure ??= { kind, cause };
    this.#handshake?.wipe();
    wipeEphemerals(this.#options.ephemerals);
    this.#handshake = null;
    this.#session = null;
  }
}

function preambleOf(mode: Mode): Uint8Array {
  return concat(id, Uint8Array.of(modeBytes[mode]));
}

/** Null for what is our own bug and must not look like the other side's doing. */
function kindOf(error: unknown): ChannelFailure | null {
  if (error instanceof HandshakeError) return 'handshake';
  if (error instanceof RecordLengthError) return 'length';
  if (error instanceof CipherError) return 'auth';
  if (error instanceof FrameError) return 'frame';
  return null;
}
