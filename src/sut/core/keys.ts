import { hkdfSync } from 'node:crypto';
import { concat, utf8 } from '../../support/bytes.ts';
import { type BlobId, bytesOfBlobId } from './ids.ts';

export const groupSecretBytes = 32;
export const saltBytes = 16;

export interface GroupKeys {
  /** Seals blobs and names; 32 bytes. */
  readonly encryption: Uint8Array;
  /** Reserved; 32 bytes. */
  readonly authentication: Uint8Array;
}

const groupSalt = utf8('0k-sync-group-key-v1');
const contentSalt = utf8('0k-sync-content-v1');

/** The keys of the group with this secret (32 bytes). */
export function groupKeysOf(groupSecret: Uint8Array): GroupKeys {
  return {
    encryption: derived(groupSecret, groupSalt, utf8('encryption')),
    authentication: derived(groupSecret, groupSalt, utf8('authentication')),
  };
}

/** The key of one large content: `blobId` is that of the PUSH which carries the reference. */
export function contentKeyOf(groupSecret: Uint8Array, blobId: BlobId): Uint8Array {
  return derived(groupSecret, contentSalt, concat(bytesOfBlobId(blobId), utf8('content-encryption')));
}

function derived(secret: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, 32));
}

/** How a passphrase becomes the group secret (Argon2id v1.3); travels with the group. */
export interface Argon2Parameters {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Parameters that a joining device must not accept. */
export class KeyParameterError extends Error {
  override readonly name = 'KeyParameterError';
}

const mib = 1024;

/** What the device that creates a group chooses, by its memory in MB; those that join take what it chose. */
export function argon2ParametersFor(ramMB: number): Argon2Parameters {
  if (ramMB < 4000) return { memoryKiB: 19 * mib, passes: 2, parallelism: 1 };
  if (ramMB < 8000) return { memoryKiB: 46 * mib, passes: 1, parallelism: 1 };
  return { memoryKiB: 64 * mib, passes: 3, parallelism: 1 };
}

/** Refuses what is weaker than the lowest tier or would stall the device; throws KeyParameterError. */
export function checkArgon2Parameters({ memoryKiB, passes, parallelism }: Argon2Parameters): void {
  const isWhole = [memoryKiB, passes, parallelism].every((value) => Number.isSafeInteger(value) && value >= 1);
  const isStrong = (memoryKiB >= 19 * mib && passes >= 2) || memoryKiB >= 46 * mib;
  const isBearable = memoryKiB <= 256 * mib && passes <= 10;
  if (isWhole && isStrong && isBearable && parallelism === 1) return;
  throw new KeyParameterError(
    'argon2: expected 19 MiB with 2 passes or 46 MiB with 1 at least, 256 MiB and 10 passes at most, parallelism 1, ' +
      `got ${memoryKiB} KiB, ${passes} passes, parallelism ${parallelism}; ask for a new invite`,
  );
}
