import { x25519 } from '../core/dh.ts';
import type { Ephemerals } from '../core/key-material.ts';
import type { HandshakeSecrets, Hook, RelayHook } from './hook.ts';

/** The relay keeps as many as a long run of one stage makes; the oldest go first. */
const handshakesMax = 4096;

export const exportKeys: Hook = {
  name: 'export-keys',
  about:
    'Nodes announce the keys of each session and the private ephemerals of each handshake, finished or not; the relay shows its own ephemerals at GET /admin/handshake-secrets. On from the start.',
  node: (parts) => ({
    ...parts,
    handshakeSecrets() {
      const drawn = parts.handshakeSecrets();
      const ephemeral = base64(x25519.keypairFromSecret(drawn.dhSecret).publicKey);
      // Now, because the handshake overwrites them when it ends.
      parts.events.emit({ event: 'handshake-secrets', ephemeral, secrets: secretsIn(drawn) });
      return drawn;
    },
    observers: {
      ...parts.observers,
      sessionKeys(keys) {
        const { handshakeHash, ephemeral, initiatorKey, responderKey } = keys;
        parts.observers.sessionKeys?.(keys);
        parts.events.emit({
          event: 'session-keys',
          handshakeHash: base64(handshakeHash),
          ephemeral: base64(ephemeral),
          initiatorKey: base64(initiatorKey),
          responderKey: base64(responderKey),
        });
      },
    },
  }),
  relay: relayKeys,
};

function relayKeys(): RelayHook {
  const handshakes: HandshakeSecrets[] = [];
  return {
    change: (parts) => ({
      ...parts,
      observer: {
        handshakeStarted(session, ephemerals) {
          handshakes.push({ atMs: parts.ports.clock.wallMs(), secrets: secretsIn(ephemerals) });
          if (handshakes.length > handshakesMax) handshakes.shift();
          parts.observer.handshakeStarted(session, ephemerals);
        },
        handshakeEnded: (session, channel) => parts.observer.handshakeEnded(session, channel),
      },
    }),
    handshakeSecrets: () => handshakes,
  };
}

function secretsIn({ dhSecret, kemSeed, coins }: Ephemerals): string[] {
  return [dhSecret, kemSeed, ...coins].map(base64);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
