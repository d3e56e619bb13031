import { argon2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { Argon2Options } from './ports.ts';

const secretBytes = 32;
const derive = promisify(argon2);

/** Argon2id v1.3 in the thread pool of node; 32 bytes. */
export async function nodeArgon2(options: Argon2Options): Promise<Uint8Array> {
  const { passphrase, salt, memoryKiB, passes, parallelism } = options;
  return derive('argon2id', {
    message: passphrase,
    nonce: salt,
    memory: memoryKiB,
    passes,
    parallelism,
    tagLength: secretBytes,
  });
}
