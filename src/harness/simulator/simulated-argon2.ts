import { argon2Sync } from 'node:crypto';
import type { Argon2Options, NodePorts } from '../../sut/io/ports.ts';
import { sha256 } from '../evidence/digest.ts';

/** One derivation costs tens of milliseconds; the devices of a group share it. */
const cacheEntriesMax = 64;
const cache = new Map<string, Uint8Array>();

/** Argon2id as in containers, but on the spot and remembered: the machine's threads know nothing of virtual time. */
export const simulatedArgon2: NodePorts['argon2'] = async (options) => {
  const key = keyOf(options);
  const known = cache.get(key);
  if (known !== undefined) return known.slice();
  const { passphrase, salt, memoryKiB, passes, parallelism } = options;
  const secret = new Uint8Array(
    argon2Sync('argon2id', { message: passphrase, nonce: salt, memory: memoryKiB, passes, parallelism, tagLength: 32 }),
  );
  if (cache.size === cacheEntriesMax) cache.delete(cache.keys().next().value!);
  cache.set(key, secret);
  return secret.slice();
};

function keyOf({ passphrase, salt, memoryKiB, passes, parallelism }: Argon2Options): string {
  const inputs = [passphrase, salt].map((bytes) => sha256(bytes));
  return [...inputs, memoryKiB, passes, parallelism].join(' ');
}
