import { z } from 'zod';
import { ScenarioError } from '../../support/errors.ts';
import { type LogLevel, logLevels } from '../io/event-log.ts';
import { defaultConfig, type NodeConfig } from './config.ts';

const positive = z.number().int().positive();

/** The `[sync]` table of a client's configuration file: every key optional, unknown keys are errors. */
const syncToml = z.strictObject({
  sync: z
    .strictObject({
      backend: z.literal('relay'),
      relay_addresses: z.array(z.string()).min(1),
      auto_reconnect: z.boolean(),
      reconnect_delay_ms: positive,
      max_reconnect_delay_ms: positive,
      heartbeat_ms: positive,
      handshake_timeout_ms: positive,
      request_timeout_ms: positive,
      outbox_window: positive,
      outbox_max: positive,
    })
    .partial()
    .prefault({}),
});

export interface ClientConfig {
  readonly node: NodeConfig;
  /** `host:port` or `host:port/RELAY-ID`; empty when neither file nor environment names any. */
  readonly relays: readonly string[];
  readonly deviceName: string | null;
}

export interface ClientConfigSources {
  /** The configuration file and its tables, or null for none. */
  readonly file: { readonly path: string; readonly tables: unknown } | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly memoryMB: number;
}

/**
 * File and environment (SYNC_RELAY_ADDRESSES, SYNC_LOG_LEVEL, SYNC_DEVICE_NAME) in one, the environment above the file.
 * Throws ScenarioError with every problem of the file at once.
 */
export function clientConfig({ file, env, memoryMB }: ClientConfigSources): ClientConfig {
  const parsed = syncToml.safeParse(file?.tables ?? {});
  if (!parsed.success) {
    throw new ScenarioError(
      parsed.error.issues.map(({ path, message }) => `${file?.path}: ${path.join('.')}: ${message}`),
    );
  }
  const { sync } = parsed.data;
  const { backoff } = defaultConfig;
  return {
    node: {
      ...defaultConfig,
      memoryMB,
      logLevel: logLevelOf(env.SYNC_LOG_LEVEL),
      autoReconnect: sync.auto_reconnect ?? defaultConfig.autoReconnect,
      backoff: {
        firstMs: sync.reconnect_delay_ms ?? backoff.firstMs,
        maxMs: sync.max_reconnect_delay_ms ?? backoff.maxMs,
      },
      heartbeatMs: sync.heartbeat_ms ?? defaultConfig.heartbeatMs,
      handshakeTimeoutMs: sync.handshake_timeout_ms ?? defaultConfig.handshakeTimeoutMs,
      requestTimeoutMs: sync.request_timeout_ms ?? defaultConfig.requestTimeoutMs,
      outboxWindow: sync.outbox_window ?? defaultConfig.outboxWindow,
      outboxMax: sync.outbox_max ?? defaultConfig.outboxMax,
    },
    relays: env.SYNC_RELAY_ADDRESSES?.split(',').map((address) => address.trim()) ?? sync.relay_addresses ?? [],
    deviceName: env.SYNC_DEVICE_NAME ?? null,
  };
}

function logLevelOf(text: string | undefined): LogLevel {
  if (text === undefined) return defaultConfig.logLevel;
  const level = logLevels.find((known) => known === text);
  if (level !== undefined) return level;
  throw new ScenarioError(`SYNC_LOG_LEVEL: expected one of ${logLevels.join(', ')}, got ${JSON.stringify(text)}`);
}
