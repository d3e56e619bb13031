import { z } from 'zod';
import { limits } from '../../contract/wire.ts';
import { ScenarioError } from '../../support/errors.ts';
import { type LogLevel, logLevels } from '../io/event-log.ts';

const address = z.string().regex(/:\d{1,5}$/, 'expected host:port');
const positive = z.number().int().positive();
const seconds = z.number().positive();
/** 0 switches a rate limit off. */
const rate = z.number().int().nonnegative();

/** relay.toml: every key with its default. Times are seconds, sizes bytes. Unknown keys are errors. */
const relayToml = z.strictObject({
  server: z
    .strictObject({
      bind: address.default('0.0.0.0:7000'),
      max_connections: positive.default(limits.sessionsMax),
      http_bind: address.default('127.0.0.1:7080'),
      key_file: z.string().min(1).default('relay.key'),
      allow_classical: z.boolean().default(false),
    })
    .prefault({}),
  storage: z
    .strictObject({
      database: z.string().min(1).default('relay.db'),
      max_blob_size: positive.max(limits.blobBytesMax).default(limits.blobBytesMax),
      max_group_storage: positive.default(limits.groupStorageBytesMax),
      default_ttl: positive.default(limits.ttlSecondsDefault),
      max_ttl: positive.default(limits.ttlSecondsMax),
    })
    .prefault({}),
  cleanup: z
    .strictObject({ interval: seconds.default(3600), vacuum_on_cleanup: z.boolean().default(true) })
    .prefault({}),
  limits: z
    .strictObject({
      messages_per_minute: rate.default(limits.messagesPerMinute),
      global_per_second: rate.default(limits.requestsPerSecondGlobal),
      connections_per_ip: positive.default(limits.connectionsPerAddress),
      /** A table of address = number: addresses that many devices share, such as a proxy's. */
      connections_per_ip_exceptions: z.record(z.string(), positive).default({}),
      hello_timeout: seconds.default(limits.helloTimeoutMs / 1000),
      max_pull_limit: positive.max(limits.pullLimitMax).default(limits.pullLimitMax),
      idle_cut: seconds.default(20),
      progress_interval: seconds.default(limits.progressEveryMs / 1000),
    })
    .prefault({}),
  http: z.strictObject({ admin: z.boolean().default(false) }).prefault({}),
  log: z.strictObject({ level: z.enum(logLevels).default('info') }).prefault({}),
});

/** What the relay works with: the file's values with their units in their names. */
export interface RelayConfig {
  readonly bind: string;
  readonly httpBind: string;
  readonly keyFile: string;
  readonly databaseFile: string;
  readonly allowClassical: boolean;
  readonly connectionsMax: number;
  readonly blobBytesMax: number;
  readonly groupBytesMax: number;
  readonly ttlSecondsDefault: number;
  readonly ttlSecondsMax: number;
  readonly cleanupEveryMs: number;
  readonly vacuumOnCleanup: boolean;
  /** Per device; 0 is no limit. */
  readonly messagesPerMinute: number;
  /** All devices together; 0 is no limit. */
  readonly requestsPerSecond: number;
  readonly connectionsPerAddress: number;
  readonly connectionsPerAddressExceptions: Readonly<Record<string, number>>;
  readonly helloTimeoutMs: number;
  readonly pullLimitMax: number;
  readonly idleCutMs: number;
  readonly progressEveryMs: number;
  readonly admin: boolean;
  readonly logLevel: LogLevel;
}

/**
 * The configuration in these TOML tables, with defaults for what is not there. Throws `ScenarioError` with every problem
 * at once; `file` names the file in them.
 */
export function parseRelayConfig(file: string, tables: unknown): RelayConfig {
  const parsed = relayToml.safeParse(tables);
  if (!parsed.success) {
    throw new ScenarioError(parsed.error.issues.flatMap((issue) => problemsOf(file, issue, tables)));
  }
  const { server, storage, cleanup, limits: limit, http, log } = parsed.data;
  return {
    bind: server.bind,
    httpBind: server.http_bind,
    keyFile: server.key_file,
    databaseFile: storage.database,
    allowClassical: server.allow_classical,
    connectionsMax: server.max_connections,
    blobBytesMax: storage.max_blob_size,
    groupBytesMax: storage.max_group_storage,
    ttlSecondsDefault: storage.default_ttl,
    ttlSecondsMax: storage.max_ttl,
    cleanupEveryMs: cleanup.interval * 1000,
    vacuumOnCleanup: cleanup.vacuum_on_cleanup,
    messagesPerMinute: limit.messages_per_minute,
    requestsPerSecond: limit.global_per_second,
    connectionsPerAddress: limit.connections_per_ip,
    connectionsPerAddressExceptions: limit.connections_per_ip_exceptions,
    helloTimeoutMs: limit.hello_timeout * 1000,
    pullLimitMax: limit.max_pull_limit,
    idleCutMs: limit.idle_cut * 1000,
    progressEveryMs: limit.progress_interval * 1000,
    admin: http.admin,
    logLevel: log.level,
  };
}

function problemsOf(file: string, issue: z.core.$ZodIssue, tables: unknown): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${file}: ${[...issue.path, key].join('.')}: expected no such key`);
  }
  const got = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], tables);
  return [`${file}: ${issue.path.join('.')}: ${issue.message}, got ${JSON.stringify(got)}`];
}
