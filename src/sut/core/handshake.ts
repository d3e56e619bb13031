/**
 * The Noise handshake, classical XX and hybrid XX, as a state machine over whole messages.
 *
 * Letters of the specification: `s` and `e` are our static and ephemeral keys, `rs` and `re` the other side's.
 * Source: Noise specification revision 34; the hybrid pattern of the clatter library.
 */
import {
  type FieldName,
  type HandshakeStage,
  handshakeMessages,
  kemCiphertextBytes,
  kemPublicKeyBytes,
  type Mode,
  noiseMessageBytesMax,
  tagBytes,
  type WireMessage,
  x25519KeyBytes,
} from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';
import { concat } from '../../support/bytes.ts';
import { CipherError, type CipherState } from './cipher-state.ts';
import { type Dh, type DhKeypair, x25519 } from './dh.ts';
import { isKemPublicKey, type Kem, type KemKeypair } from './kem.ts';
import { type Ephemerals, type RemoteStatic, type StaticKeys, wipeEphemerals } from './key-material.ts';
import { SymmetricState } from './symmetric-state.ts';

export type Role = 'initiator' | 'responder';

export const protocolNames: Readonly<Record<Mode, string>> = {
  classical: 'Noise_XX_25519_ChaChaPoly_BLAKE2s',
  hybrid: 'Noise_hybridXX_25519+MLKEM768_ChaChaPoly_BLAKE2s',
};

export interface HandshakeOptions {
  readonly role: Role;
  readonly mode: Mode;
  readonly prologue: Uint8Array;
  readonly keys: StaticKeys;
  readonly ephemerals: Ephemerals;
  readonly kem: Kem;
  /** Asked once, as soon as the other side's static keys are known; no ends the handshake before ours are sent. */
  readonly acceptsRemote?: (remote: RemoteStatic) => boolean;
  /** Longest payload that a message may carry; 0 unless a test says otherwise. */
  readonly payloadBytesMax?: number;
  /** The rest is for tests and planted defects. */
  readonly protocolName?: string;
  readonly dh?: Dh;
  readonly newSymmetricState?: (protocolName: string) => SymmetricState;
}

/** What a finished handshake leaves. */
export interface Session {
  readonly send: CipherState;
  readonly receive: CipherState;
  /** 32 bytes, the same on both sides: the channel binding. */
  readonly handshakeHash: Uint8Array;
  readonly remote: RemoteStatic;
}

/**
 * - `preamble`: not our protocol. `mode`: a mode that is unknown or not allowed here.
 * - `length`: the message, and so one of its fields, has the wrong size; found before any use of a key.
 * - `public-key`: an ML-KEM public key fails the modulus check; `field` says which.
 * - `agreement`: the two sides do not share the same secrets. Which part was damaged cannot and must not be told.
 * - `peer`: the keys are good but not those of whom we meant to talk to.
 * - `order`: a message out of turn, or after the end.
 */
export type HandshakeFailure = 'preamble' | 'mode' | 'length' | 'public-key' | 'agreement' | 'peer' | 'order';

/** The handshake is over and everything in it wiped. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
  /** The message that was being written or read. */
  readonly stage: HandshakeStage;
  readonly reason: HandshakeFailure;
  readonly field: FieldName | null;

  constructor(stage: HandshakeStage, reason: HandshakeFailure, text: string, field: FieldName | null = null) {
    super(`handshake ${stage}: ${text}`);
    this.stage = stage;
    this.reason = reason;
    this.field = field;
  }
}

type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ekem' | 'skem';

const patterns: Readonly<Record<Mode, readonly (readonly Token[])[]>> = {
  classical: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']],
  hybrid: [['e'], ['e', 'ee', 'ekem', 's', 'es'], ['skem', 's', 'se'], ['skem']],
};

const nothing = new Uint8Array(0);

/** One side of one handshake. Call `write` and `read` in turn until `session` is there; any error ends it. */
export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #dh: Dh;
  readonly #isHybrid: boolean;
  readonly #messages: readonly WireMessage[];
  readonly #symmetric: SymmetricState;
  #messageIndex = 0;
  #coinsIndex = 0;
  #state: 'running' | 'finished' | 'failed' = 'running';
  #session: Session | null = null;
  #e: { dh: DhKeypair; kem: KemKeypair | null } | null = null;
  #re: RemoteStatic | null = null;
  #rs: RemoteStatic | null = null;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    this.#dh = options.dh ?? x25519;
    this.#isHybrid = options.mode === 'hybrid';
    this.#messages = handshakeMessages[options.mode];
    const name = options.protocolName ?? protocolNames[options.mode];
    this.#symmetric = options.newSymmetricState?.(name) ?? new SymmetricState(name);
    this.#symmetric.mixHash(options.prologue);
  }

  /** The two ciphers and what is known of the other side; null until the last message has passed. */
  get session(): Session | null {
    return this.#session;
  }

  /** Whose message comes next: ours to `write`, theirs to `read`, or none. */
  get turn(): 'write' | 'read' | 'none' {
    if (this.#state !== 'running') return 'none';
    return this.#message.from === this.#options.role ? 'write' : 'read';
  }

  /** The message that comes next; the last one after the end. */
  get stage(): HandshakeStage {
    return this.#message.stage;
  }

  /** The next message, carrying `payload`. */
  write(payload: Uint8Array = nothing): Uint8Array {
    return this.#step('write', () => {
      const parts: Uint8Array[] = [];
      for (const token of this.#tokens) this.#writeToken(token, parts);
      parts.push(this.#symmetric.encryptAndHash(payload));
      const message = concat(...parts);
      assert(message.length <= noiseMessageBytesMax, `a Noise message has at most ${noiseMessageBytesMax} bytes`);
      return message;
    });
  }

  /** The payload of the other side's next message; throws HandshakeError. */
  read(message: Uint8Array): Uint8Array {
    return this.#step('read', () => {
      this.checkLength(message.length);
      const fields = new Fields(message);
      for (const token of this.#tokens) this.#readToken(token, fields);
      const payload = this.#decrypt(fields.rest());
      if (this.#tokens.includes('s') && this.#options.acceptsRemote?.(this.#rs!) === false) {
        throw this.#error('peer', 'the keys are not those of the expected peer');
      }
      return payload;
    });
  }

  /** Throws HandshakeError when a message of this length cannot be the next one, so that it need not be awaited. */
  checkLength(bytes: number): void {
    const { bytes: min, fields } = this.#message;
    const max = Math.min(min + (this.#options.payloadBytesMax ?? 0), noiseMessageBytesMax);
    if (bytes >= min && bytes <= max) return;
    const layout = fields.map((field) => `${field.name} ${field.bytes}`).join(', ');
    const expected = min === max ? `${min}` : `${min} to ${max}`;
    throw this.#error('length', `expected ${expected} bytes (${layout}), got ${bytes}`);
  }

  /** Ends the handshake and forgets its secrets; harmless after the end. */
  wipe(): void {
    if (this.#state === 'running') this.#state = 'failed';
    wipeEphemerals(this.#options.ephemerals);
    this.#symmetric.wipe();
    this.#e = null;
  }

  get #message(): WireMessage {
    return this.#messages[Math.min(this.#messageIndex, this.#messages.length - 1)]!;
  }

  get #tokens(): readonly Token[] {
    return patterns[this.#options.mode][this.#messageIndex]!;
  }

  #step(turn: 'write' | 'read', work: () => Uint8Array): Uint8Array {
    try {
      if (this.turn !== turn) throw this.#error('order', `not the time to ${turn} (${this.#state})`);
      const result = work();
      this.#messageIndex += 1;
      if (this.#messageIndex === this.#messages.length) this.#finish();
      return result;
    } catch (error) {
      this.#session = null;
      this.#state = 'failed';
      this.wipe();
      throw error;
    }
  }

  #finish(): void {
    const [first, second] = this.#symmetric.split();
    const isInitiator = this.#options.role === 'initiator';
    this.#session = {
      send: isInitiator ? first : second,
      receive: isInitiator ? second : first,
      handshakeHash: this.#symmetric.handshakeHash,
      remote: this.#rs!,
    };
    this.#state = 'finished';
    this.wipe();
  }

  #writeToken(token: Token, parts: Uint8Array[]): void {
    const { keys, kem, ephemerals } = this.#options;
    const { dh } = keys;
    switch (token) {
      case 'e': {
        this.#e = {
          dh: this.#dh.keypairFromSecret(ephemerals.dhSecret),
          kem: this.#isHybrid ? kem.keypairFromSeed(ephemerals.kemSeed) : null,
        };
        for (const key of [this.#e.dh.publicKey, this.#e.kem?.publicKey]) {
          if (key === undefined) continue;
          this.#symmetric.mixHash(key);
          parts.push(key);
        }
        return;
      }
      case 's':
        parts.push(this.#symmetric.encryptAndHash(dh.publicKey));
        if (this.#isHybrid) parts.push(this.#symmetric.encryptAndHash(keys.kem.publicKey));
        return;
      case 'ekem': {
        const { ciphertext, sharedSecret } = this.#encapsulate(this.#re!.kem!);
        this.#symmetric.mixHash(ciphertext);
        parts.push(ciphertext);
        this.#symmetric.mixKey(sharedSecret);
        sharedSecret.fill(0);
        return;
      }
      case 'skem': {
        const { ciphertext, sharedSecret } = this.#encapsulate(this.#rs!.kem!);
        parts.push(this.#symmetric.encryptAndHash(ciphertext));
        this.#symmetric.mixKeyAndHash(sharedSecret);
        sharedSecret.fill(0);
        return;
      }
      default:
        this.#mixDh(token);
    }
  }

  #readToken(token: Token, fields: Fields): void {
    switch (token) {
      case 'e': {
        const dh = fields.take(x25519KeyBytes);
        this.#symmetric.mixHash(dh);
        const kem = this.#isHybrid ? this.#kemKey('kem-e', fields.take(kemPublicKeyBytes)) : null;
        if (kem !== null) this.#symmetric.mixHash(kem);
        this.#re = { dh, kem };
        return;
      }
      case 's': {
        const dh = this.#decrypt(fields.take(x25519KeyBytes + tagBytes));
        const sealed = this.#isHybrid ? fields.take(kemPublicKeyBytes + tagBytes) : null;
        this.#rs = { dh, kem: sealed === null ? null : this.#kemKey('kem-s', this.#decrypt(sealed)) };
        return;
      }
      case 'ekem': {
        const ciphertext = fields.take(kemCiphertextBytes);
        this.#symmetric.mixHash(ciphertext);
        const shared = this.#decapsulate(this.#e!.kem!, ciphertext);
        this.#symmetric.mixKey(shared);
        shared.fill(0);
        return;
      }
      case 'skem': {
        const ciphertext = this.#decrypt(fields.take(kemCiphertextBytes + tagBytes));
        const shared = this.#decapsulate(this.#options.keys.kem, ciphertext);
        this.#symmetric.mixKeyAndHash(shared);
        shared.fill(0);
        return;
      }
      default:
        this.#mixDh(token);
    }
  }

  #mixDh(token: 'ee' | 'es' | 'se'): void {
    // The first letter is the initiator's key, the second the responder's.
    const [ours, theirs] = this.#options.role === 'initiator' ? [token[0], token[1]] : [token[1], token[0]];
    const keypair = ours === 'e' ? this.#e!.dh : this.#options.keys.dh;
    const publicKey = theirs === 'e' ? this.#re!.dh : this.#rs!.dh;
    const shared = this.#agreed(() => this.#dh.agree(keypair, publicKey));
    if (shared.every((byte) => byte === 0)) throw this.#disagreement();
    this.#symmetric.mixKey(shared);
    shared.fill(0);
  }

  #encapsulate(publicKey: Uint8Array): { ciphertext: Uint8Array; sharedSecret: Uint8Array } {
    const coins = this.#options.ephemerals.coins[this.#coinsIndex];
    assert(coins !== undefined, `coins for encapsulation ${this.#coinsIndex + 1} are handed in`);
    this.#coinsIndex += 1;
    return this.#agreed(() => this.#options.kem.encapsulate(publicKey, coins));
  }

  #decapsulate(keypair: KemKeypair, ciphertext: Uint8Array): Uint8Array {
    return this.#agreed(() => this.#options.kem.decapsulate(keypair, ciphertext));
  }

  #kemKey(field: FieldName, publicKey: Uint8Array): Uint8Array {
    if (isKemPublicKey(publicKey)) return publicKey;
    throw this.#error('public-key', `${field} is not an ML-KEM-768 public key`, field);
  }

  #decrypt(sealed: Uint8Array): Uint8Array {
    try {
      return this.#symmetric.decryptAndHash(sealed);
    } catch (error) {
      if (error instanceof CipherError) throw this.#disagreement();
      throw error;
    }
  }

  /** Whatever a primitive complains about, the outside hears the same. */
  #agreed<T>(work: () => T): T {
    try {
      return work();
    } catch {
      throw this.#disagreement();
    }
  }

  #disagreement(): HandshakeError {
    return this.#error('agreement', this.#isHybrid ? 'hybrid key agreement failed' : 'key agreement failed');
  }

  #error(reason: HandshakeFailure, text: string, field: FieldName | null = null): HandshakeError {
    return new HandshakeError(this.stage, reason, text, field);
  }
}

/** Cuts a message, whose length has been checked, from front to back. */
class Fields {
  readonly #message: Uint8Array;
  #offset = 0;

  constructor(message: Uint8Array) {
    this.#message = message;
  }

  take(bytes: number): Uint8Array {
    this.#offset += bytes;
    return this.#message.subarray(this.#offset - bytes, this.#offset);
  }

  rest(): Uint8Array {
    return this.#message.subarray(this.#offset);
  }
}
