import type { Ephemerals } from '../core/key-material.ts';
import type { Defect } from './defect.ts';

export const ephemeralReused: Defect = {
  name: 'ephemeral-reused',
  about:
    'The node keeps the ephemeral keys of a handshake that failed and uses them for the next one, so whoever watched both attempts can tell that they are one device, and one leaked secret opens both.',
  node: (parts) => {
    let kept: Ephemerals | null = null;
    return {
      ...parts,
      handshakeSecrets() {
        kept ??= parts.handshakeSecrets();
        // The handshake overwrites what it is handed.
        return copyOf(kept);
      },
      observers: {
        ...parts.observers,
        handshakeEnded(ephemeral, failure) {
          if (failure === null) kept = null;
          parts.observers.handshakeEnded?.(ephemeral, failure);
        },
      },
    };
  },
};

function copyOf({ dhSecret, kemSeed, coins }: Ephemerals): Ephemerals {
  return { dhSecret: dhSecret.slice(), kemSeed: kemSeed.slice(), coins: coins.map((one) => one.slice()) };
}
