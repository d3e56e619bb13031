import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { x25519KeyBytes } from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';
import { concat } from '../../support/bytes.ts';

/** X25519 as the handshake uses it. */
export interface Dh {
  /** `secret` is 32 bytes. */
  keypairFromSecret(secret: Uint8Array): DhKeypair;
  /** 32 bytes; throws for a public key that gives an all-zero result. */
  agree(keypair: DhKeypair, publicKey: Uint8Array): Uint8Array;
}

export interface DhKeypair {
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

/** Everything before the 32 raw bytes, as PKCS8 and as SubjectPublicKeyInfo (RFC 8410). */
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/** X25519 of node:crypto. OpenSSL refuses an all-zero result itself. */
export const x25519: Dh = {
  keypairFromSecret(secret) {
    assert(secret.length === x25519KeyBytes, `an X25519 secret has ${x25519KeyBytes} bytes (got ${secret.length})`);
    const der = concat(privatePrefix, secret);
    const privateKey = createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'pkcs8' });
    der.fill(0);
    // As JWK: OpenSSL takes ten times as long to write the same bytes as DER.
    const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
    return { publicKey: Uint8Array.from(Buffer.from(x!, 'base64url')), privateKey };
  },
  agree(keypair, publicKey) {
    const spki = Buffer.from(concat(publicPrefix, publicKey).buffer);
    return diffieHellman({
      privateKey: keypair.privateKey,
      publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
    });
  },
};
