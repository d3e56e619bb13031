import { limits } from '../../contract/wire.ts';
import { type BackoffBounds, backoffBounds } from '../core/backoff.ts';
import type { LogLevel } from '../io/event-log.ts';

/** How a node behaves; the same for every device of a process. */
export interface NodeConfig {
  readonly logLevel: LogLevel;
  /** Try again by itself after a connection was lost. */
  readonly autoReconnect: boolean;
  readonly backoff: BackoffBounds;
  readonly heartbeatMs: number;
  /** For the dial, and again for the handshake. */
  readonly handshakeTimeoutMs: number;
  /** Without progress, while a request is open. */
  readonly requestTimeoutMs: number;
  /** Pushes on their way at a time. */
  readonly outboxWindow: number;
  /** Items that may wait, those on their way included. */
  readonly outboxMax: number;
  /** Blobs asked for in one PULL. */
  readonly pullItems: number;
  /** Between two rounds of asking for outstanding items. */
  readonly askEveryMs: number;
  /** How long closing may wait for pushes on their way. */
  readonly flushMs: number;
  /** Memory of the machine; decides how hard a passphrase is to guess in groups that are created here. */
  readonly memoryMB: number;
}

export const defaultConfig: NodeConfig = {
  logLevel: 'info',
  autoReconnect: true,
  backoff: backoffBounds,
  heartbeatMs: 5000,
  handshakeTimeoutMs: limits.handshakeTimeoutMs,
  requestTimeoutMs: 10_000,
  outboxWindow: 32,
  outboxMax: 10_000,
  pullItems: limits.pullLimitDefault,
  askEveryMs: 10_000,
  flushMs: limits.quickFlushMs,
  memoryMB: 0,
};
