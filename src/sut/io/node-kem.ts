import { createPublicKey, encapsulate } from 'node:crypto';
import { concat } from '../../support/bytes.ts';
import { decapsulate, type Kem, keypairFromSeed } from '../core/kem.ts';

/** SubjectPublicKeyInfo of ML-KEM-768, up to the key. */
const publicPrefix = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex');

/** The KEM of real relays and nodes: coins come from the operating system, those handed in are ignored. */
export const nodeKem: Kem = {
  keypairFromSeed,
  decapsulate,
  encapsulate(publicKey) {
    const spki = Buffer.from(concat(publicPrefix, publicKey).buffer);
    const { ciphertext, sharedKey } = encapsulate(createPublicKey({ key: spki, format: 'der', type: 'spki' }));
    return { ciphertext, sharedSecret: sharedKey };
  },
};
