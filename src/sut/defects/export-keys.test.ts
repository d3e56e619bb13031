import { expect, test } from '@jest/globals';
import type { NodeEvent } from '../../contract/control.ts';
import { handshakeField, recordPrefixBytes } from '../../contract/wire.ts';
import { x25519 } from '../core/dh.ts';
import type { ExportedKeys } from '../core/secure-channel.ts';
import { TestNode, World } from '../node/node-world.test-support.ts';
import type { NodeChange } from '../node/parts.ts';
import type { RelayChange } from '../relay/parts.ts';
import { nodeChanges } from './changes.ts';
import { RelayHooks } from './relay-hooks.ts';

type EventOf<Name extends NodeEvent['event']> = Extract<NodeEvent, { event: Name }>;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const publicOf = (secret: string): string =>
  base64(x25519.keypairFromSecret(new Uint8Array(Buffer.from(secret, 'base64'))).publicKey);

/** One node, paired and disconnected, and a relay, both with the hook; and what the relay itself knows of sessions. */
async function hookedWorld(defectNames: readonly string[] = []) {
  const world = new World();
  const hooks = new RelayHooks(['export-keys']);
  const relaySessions: ExportedKeys[] = [];
  const watchesSessions: RelayChange = (parts) => ({
    ...parts,
    observer: {
      handshakeStarted: () => undefined,
      handshakeEnded: (_session, channel) => void (channel !== null && relaySessions.push(channel.exportKeys())),
    },
  });
  await world.startRelay([watchesSessions, ...hooks.changes]);
  const secondMessages: Uint8Array[] = [];
  const node = new TestNode(world, 'node-a');
  const changes = [keepsSecondMessages(secondMessages), ...nodeChanges(defectNames, ['export-keys'])];
  await node.restart({ changes });
  await node.value('init', { name: 'Ada' });
  await node.value('pair', { relays: [world.relayAddress] });
  const eventsOf = <Name extends NodeEvent['event']>(name: Name) =>
    node.events.filter((event): event is EventOf<Name> => event.event === name);
  const connected = () => world.until('a connection', async () => (await node.value('status')).state === 'connected');
  return { world, hooks, node, relaySessions, secondMessages, eventsOf, connected };
}

/** The first bytes from the relay on each connection: m2 with its prefix. */
function keepsSecondMessages(kept: Uint8Array[]): NodeChange {
  return (parts) => ({
    ...parts,
    ports: {
      ...parts.ports,
      dialer: {
        dial(address, events) {
          let isFirst = true;
          return parts.ports.dialer.dial(address, {
            ...events,
            received(chunk) {
              if (isFirst) kept.push(chunk);
              isFirst = false;
              events.received(chunk);
            },
          });
        },
      },
    },
  });
}

/** The first attempt is cut when the relay has answered its first message. */
async function failOnce({ world, node, eventsOf }: Awaited<ReturnType<typeof hookedWorld>>): Promise<void> {
  await node.server.node!.connect();
  while (eventsOf('handshake-secrets').length === 0) await world.clock.advance(1);
  await world.clock.advance(world.cable.delayMs + 1);
  world.cable.drop();
  await world.until('the failure', () => eventsOf('handshake-failed').length === 1);
}

test('a node announces keys that are those of the relay’s end', async () => {
  const { node, relaySessions, eventsOf, connected } = await hookedWorld();
  await node.value('connect');
  await connected();
  const [relayEnd] = relaySessions;
  expect(eventsOf('session-keys')).toEqual([
    {
      event: 'session-keys',
      atMs: expect.any(Number),
      handshakeHash: base64(relayEnd!.handshakeHash),
      ephemeral: eventsOf('handshake-secrets')[0]!.ephemeral,
      initiatorKey: base64(relayEnd!.receiveKey),
      responderKey: base64(relayEnd!.sendKey),
    },
  ]);
});

test('the private ephemerals of every attempt come out on both sides, also of one that fails', async () => {
  const hooked = await hookedWorld();
  await failOnce(hooked);
  await hooked.connected();
  const { hooks, secondMessages, eventsOf } = hooked;

  const attempts = eventsOf('handshake-secrets');
  expect(attempts).toHaveLength(2);
  for (const { ephemeral, secrets } of attempts) expect(publicOf(secrets[0]!)).toBe(ephemeral);
  const relaySecrets = hooks.handshakeSecrets();
  expect(relaySecrets).toHaveLength(2);
  for (const { secrets } of [...attempts, ...relaySecrets]) {
    expect(secrets.map((secret) => Buffer.from(secret, 'base64').length)).toEqual([32, 64, 32, 32]);
    expect(secrets.every((secret) => Buffer.from(secret, 'base64').some((byte) => byte !== 0))).toBe(true);
  }
  // Both answers were on their way or there when the first connection was cut; each opens with the relay's key.
  const { offset, bytes } = handshakeField('hybrid', 'm2', 'e');
  const keyAt = recordPrefixBytes + offset;
  expect(relaySecrets.map(({ secrets }) => publicOf(secrets[0]!))).toEqual(
    secondMessages.map((message) => base64(message.subarray(keyAt, keyAt + bytes))),
  );
});

test('the hook sees what a defect does: an attempt with the keys of the one before', async () => {
  const hooked = await hookedWorld(['ephemeral-reused']);
  await failOnce(hooked);
  await hooked.connected();
  const [failed, next] = hooked.eventsOf('handshake-secrets');
  expect(next).toEqual({ ...failed, atMs: expect.any(Number) });
});

test('without the hook nothing of it is announced', async () => {
  const world = new World();
  await world.startRelay();
  const [node] = await world.pair();
  expect(node.events.some(({ event }) => event === 'session-keys' || event === 'handshake-secrets')).toBe(false);
});
