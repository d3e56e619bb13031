import { NodeError } from '../../support/errors.ts';
import { HealthRule } from '../core/health-rule.ts';
import { type Ephemerals, ephemeralsBytes, ephemeralsOf } from '../core/key-material.ts';
import { groupKeysOf } from '../core/keys.ts';
import type { InitiatorOptions } from '../core/secure-channel.ts';
import { SecureChannel } from '../core/secure-channel.ts';
import type { Database } from '../io/database.ts';
import { EventLog } from '../io/event-log.ts';
import type { Argon2Options, NodePorts } from '../io/ports.ts';
import type { NodeConfig } from './config.ts';
import { EventHub } from './event-hub.ts';
import { type GroupRecord, type Identity, readIdentity } from './identity.ts';
import { nodeLogEvents } from './log-events.ts';
import { OpenRequests } from './open-requests.ts';
import { type OutboxRules, standardRules } from './outbox-rules.ts';
import { Puller } from './puller.ts';
import { retryDelay } from './retry-delay.ts';
import { nodeSchema } from './schema.ts';
import { groupSealer, type Sealer } from './sealer.ts';
import { Session } from './session.ts';
import { NodeStore } from './store.ts';
import { SyncNode } from './sync-node.ts';

/** The keys of one open session, as its initiator has them. */
export interface SessionKeys {
  readonly handshakeHash: Uint8Array;
  /** The initiator's X25519 ephemeral public key, as it went out in m1. */
  readonly ephemeral: Uint8Array;
  readonly initiatorKey: Uint8Array;
  readonly responderKey: Uint8Array;
}

/** Told what happens in the secure channel. The standard parts tell nobody. */
export interface NodeObservers {
  /** Each attempt that sent m1 ends here once, with `null` for success or what went wrong. */
  readonly handshakeEnded?: (ephemeral: Uint8Array, failure: string | null) => void;
  readonly sessionKeys?: (keys: SessionKeys) => void;
}

/** Everything of a node that can be exchanged for another implementation of the same. */
export interface NodeParts {
  readonly ports: NodePorts;
  readonly config: NodeConfig;
  /** As it was when the node was composed. */
  readonly identity: Identity;
  readonly database: Database;
  readonly store: NodeStore;
  readonly sealer: (group: GroupRecord) => Sealer;
  /** Fresh secrets for one handshake; the handshake overwrites the arrays when it ends. */
  readonly handshakeSecrets: () => Ephemerals;
  readonly openChannel: (options: InitiatorOptions) => SecureChannel;
  /** Passphrase to group secret. */
  readonly derivePassphrase: (options: Argon2Options) => Promise<Uint8Array>;
  readonly outboxRules: OutboxRules;
  /** The wait before a reconnect, or before the next try of what the relay refused for the moment; attempts from 1. */
  readonly retryDelayMs: (attempt: number) => number;
  /** Each group has one. */
  readonly puller: typeof Puller;
  /** One for each connection. */
  readonly session: typeof Session;
  /** Each connection has one. */
  readonly openRequests: typeof OpenRequests;
  /** One for each connection. */
  readonly newHealthRule: () => HealthRule;
  readonly log: EventLog<typeof nodeLogEvents>;
  readonly events: EventHub;
  readonly observers: NodeObservers;
  /** Told of an error that is our own bug; the process cannot go on. */
  readonly fatal: (error: unknown) => void;
}

/** Exchanges parts: returns the ones it got, with some replaced. */
export type NodeChange = (parts: NodeParts) => NodeParts;

/**
 * The device in `ports.keyFile` as a running node. Opens its database; connects only when told to.
 *
 * Throws NodeError NO_DEVICE when there is none, StorageError when the database cannot be opened.
 */
export function composeNode(ports: NodePorts, config: NodeConfig, changes: readonly NodeChange[] = []): SyncNode {
  const identity = readIdentity(ports.keyFile);
  if (identity === null) {
    throw new NodeError('NO_DEVICE', 'no device here yet; make one with init', { definite: true });
  }
  const parts = standardParts(ports, config, identity);
  return new SyncNode(changes.reduce((changed, change) => change(changed), parts));
}

function standardParts(ports: NodePorts, config: NodeConfig, identity: Identity): NodeParts {
  const { clock, random } = ports;
  const database = ports.openDatabase(nodeSchema);
  return {
    ports,
    config,
    identity,
    database,
    store: new NodeStore(database, identity.id),
    sealer: (group) => groupSealer(group.id, groupKeysOf(group.secret).encryption, random),
    handshakeSecrets: () => ephemeralsOf(random.bytes(ephemeralsBytes)),
    openChannel: (options) => new SecureChannel(options),
    derivePassphrase: ports.argon2,
    outboxRules: standardRules,
    retryDelayMs: retryDelay(config, random),
    puller: Puller,
    session: Session,
    openRequests: OpenRequests,
    newHealthRule: () => new HealthRule(),
    log: new EventLog({ table: nodeLogEvents, level: config.logLevel, clock, sink: ports.log }),
    events: new EventHub(() => clock.wallMs()),
    observers: {},
    fatal: (error) => {
      // Outside of any promise, so that nobody can catch it.
      queueMicrotask(() => {
        throw error;
      });
    },
  };
}
