import { kemCoinsBytes, kemSeedBytes, x25519KeyBytes } from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';
import { type DhKeypair, x25519 } from './dh.ts';
import { type KemKeypair, keypairFromSeed } from './kem.ts';

/** The long-term keys of a device or relay. */
export interface StaticKeys {
  readonly dh: DhKeypair;
  readonly kem: KemKeypair;
}

/** The public halves of the other side's long-term keys; `kem` is null in a classical handshake. */
export interface RemoteStatic {
  readonly dh: Uint8Array;
  readonly kem: Uint8Array | null;
}

/** What one handshake consumes. The handshake overwrites these arrays when it ends, so they serve once. */
export interface Ephemerals {
  /** 32 bytes. */
  readonly dhSecret: Uint8Array;
  /** 64 bytes, d ‖ z. */
  readonly kemSeed: Uint8Array;
  /** 32 bytes for each encapsulation, in order: one as initiator, two as responder. */
  readonly coins: readonly Uint8Array[];
}

/** X25519 secret and ML-KEM seed: what a key file holds. */
export const staticKeysBytes = x25519KeyBytes + kemSeedBytes;
export const ephemeralsBytes = x25519KeyBytes + kemSeedBytes + 2 * kemCoinsBytes;

/** The long-term keys in `staticKeysBytes` secret bytes (X25519 secret, then ML-KEM seed). */
export function staticKeysOf(bytes: Uint8Array): StaticKeys {
  assert(bytes.length === staticKeysBytes, `static keys have ${staticKeysBytes} bytes (got ${bytes.length})`);
  return {
    dh: x25519.keypairFromSecret(bytes.subarray(0, x25519KeyBytes)),
    kem: keypairFromSeed(bytes.subarray(x25519KeyBytes)),
  };
}

/** Cuts `ephemeralsBytes` fresh random bytes into what either role needs; the parts are views into `random`. */
export function ephemeralsOf(random: Uint8Array): Ephemerals {
  assert(random.length === ephemeralsBytes, `ephemerals have ${ephemeralsBytes} bytes (got ${random.length})`);
  const coinsAt = x25519KeyBytes + kemSeedBytes;
  return {
    dhSecret: random.subarray(0, x25519KeyBytes),
    kemSeed: random.subarray(x25519KeyBytes, coinsAt),
    coins: [random.subarray(coinsAt, coinsAt + kemCoinsBytes), random.subarray(coinsAt + kemCoinsBytes)],
  };
}

/** Overwrites what a handshake has consumed. */
export function wipeEphemerals({ dhSecret, kemSeed, coins }: Ephemerals): void {
  for (const secret of [dhSecret, kemSeed, ...coins]) secret.fill(0);
}
