import { EnvironmentError } from '../../support/errors.ts';
import { type RelayId, relayIdOf } from '../core/ids.ts';
import { type StaticKeys, staticKeysBytes, staticKeysOf } from '../core/key-material.ts';
import type { RandomSource, SecretFile } from '../io/ports.ts';

export interface RelayIdentity {
  readonly keys: StaticKeys;
  readonly relayId: RelayId;
}

/** The relay's keys from its key file; made and written on first start. */
export function relayIdentity(keyFile: SecretFile, random: RandomSource): RelayIdentity {
  let secret = keyFile.read();
  if (secret === null) {
    secret = random.bytes(staticKeysBytes);
    keyFile.write(secret);
  }
  if (secret.length !== staticKeysBytes) {
    throw new EnvironmentError(
      `key file: expected ${staticKeysBytes} bytes, got ${secret.length}; restore it from a backup, or remove it for a new relay id`,
    );
  }
  const keys = staticKeysOf(secret);
  return { keys, relayId: relayIdOf(keys.dh.publicKey, keys.kem.publicKey) };
}
