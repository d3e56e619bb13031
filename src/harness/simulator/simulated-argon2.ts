import { argon2Sync } from 'node:crypto';
import { utf8 } from '../../support/bytes.ts';
import type { NodePorts } from '../../sut/io/ports.ts';

/** RFC 9106 section 3.1: eight for each lane. */
const leastMemoryKiB = 8;

/**
 * Argon2id on the spot: the machine's threads know nothing of virtual time. Of the memory and passes that make guessing
 * dear only the least is spent (20 ms a trial otherwise): nobody guesses here, and no key leaves the simulator. What was
 * asked for goes in as associated data, so that other costs still give other keys. The real costs are those of
 * `sut/io/argon2.ts`, in containers.
 */
export const simulatedArgon2: NodePorts['argon2'] = async ({ passphrase, salt, memoryKiB, passes, parallelism }) =>
  new Uint8Array(
    argon2Sync('argon2id', {
      message: passphrase,
      nonce: salt,
      associatedData: utf8(`${memoryKiB} KiB, ${passes} passes`),
      memory: leastMemoryKiB * parallelism,
      passes: 1,
      parallelism,
      tagLength: 32,
    }),
  );
