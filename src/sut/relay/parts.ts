import { type Ephemerals, ephemeralsBytes, ephemeralsOf } from '../core/key-material.ts';
import { type ResponderOptions, SecureChannel } from '../core/secure-channel.ts';
import type { Database } from '../io/database.ts';
import { EventLog, type LogToken } from '../io/event-log.ts';
import type { RelayPorts } from '../io/ports.ts';
import { AddressLimit } from './address-limit.ts';
import type { RelayConfig } from './config.ts';
import { type RelayIdentity, relayIdentity } from './identity.ts';
import { type RelayLog, relayEvents } from './log-events.ts';
import { PendingHandshakes } from './pending-handshakes.ts';
import { RateLimits } from './rate-limits.ts';
import { RelayCounts } from './relay-counts.ts';
import { RelayMetrics } from './relay-metrics.ts';
import { RelayStore } from './relay-store.ts';
import { Responses } from './responses.ts';
import { schema } from './schema.ts';
import { RelaySession } from './session.ts';
import { SessionRegistry } from './session-registry.ts';
import { ThrottledLines } from './throttled-lines.ts';

/** Told of every handshake, finished or not. */
export interface RelayObserver {
  /** `ephemerals` are overwritten when the handshake ends. */
  handshakeStarted(session: LogToken, ephemerals: Ephemerals): void;
  /** The channel of an established session, null where it failed. Called once for each handshake that started. */
  handshakeEnded(session: LogToken, channel: SecureChannel | null): void;
}

/** What a relay is made of. Each part can be replaced before the relay is put together. */
export interface RelayParts {
  readonly ports: RelayPorts;
  readonly config: RelayConfig;
  readonly identity: RelayIdentity;
  readonly database: Database;
  readonly store: RelayStore;
  readonly sessions: SessionRegistry;
  /** One for each connection. */
  readonly session: typeof RelaySession;
  readonly pending: PendingHandshakes;
  readonly addresses: AddressLimit;
  readonly rates: RateLimits;
  readonly metrics: RelayMetrics;
  readonly counts: RelayCounts;
  readonly log: RelayLog;
  /** For lines that strangers can cause. */
  readonly doorLines: ThrottledLines;
  readonly responses: Responses;
  readonly observer: RelayObserver;
  /** Fresh secrets for one handshake. */
  readonly drawEphemerals: () => Ephemerals;
  readonly openChannel: (options: ResponderOptions) => SecureChannel;
  /** Told of an error that is our own bug; the process cannot go on. */
  readonly fatal: (error: unknown) => void;
}

export type RelayChange = (parts: RelayParts) => RelayParts;

/** The parts of a relay without changes. Opens the database and reads or makes the key file. */
export function relayParts(ports: RelayPorts, config: RelayConfig): RelayParts {
  const { clock, random } = ports;
  const database = ports.openDatabase(schema);
  return {
    ports,
    config,
    identity: relayIdentity(ports.keyFile, random),
    database,
    store: new RelayStore(database, clock, config),
    sessions: new SessionRegistry(),
    session: RelaySession,
    pending: new PendingHandshakes(),
    addresses: new AddressLimit({
      perAddress: config.connectionsPerAddress,
      exceptions: config.connectionsPerAddressExceptions,
    }),
    rates: new RateLimits(config, clock.monotonicMs()),
    metrics: new RelayMetrics(),
    counts: new RelayCounts(),
    doorLines: new ThrottledLines(clock),
    log: new EventLog({ table: relayEvents, level: config.logLevel, clock, sink: ports.log }),
    responses: new Responses(),
    observer: { handshakeStarted: () => undefined, handshakeEnded: () => undefined },
    drawEphemerals: () => ephemeralsOf(random.bytes(ephemeralsBytes)),
    openChannel: (options) => new SecureChannel(options),
    fatal: (error) => {
      // Outside of any promise, so that nobody can catch it.
      queueMicrotask(() => {
        throw error;
      });
    },
  };
}
