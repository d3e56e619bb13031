import { argon2 } from 'node:crypto';
import type { Argon2Options } from './ports.ts';

const secretBytes = 32;

/** Argon2id v1.3 in the thread pool of node; 32 bytes. */
export function nodeArgon2(options: Argon2Options): Promise<Uint8Array> {
  const { passphrase, salt, memoryKiB, passes, parallelism } = options;
  const parameters = {
    message: passphrase,
    nonce: salt,
    memory: memoryKiB,
    passes,
    parallelism,
    tagLength: secretBytes,
  };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, secret) => (error === null ? resolve(secret) : reject(error)));
  });
}
