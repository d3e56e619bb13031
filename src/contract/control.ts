/**
 * The control contract, version 1: how the tester drives one node of any system.
 *
 * JSON lines over the attached stdin and stdout of the node's container, one answer per request, in any order; the
 * tester owns the time-out. Lines that carry `event` instead of `id` are announcements. Byte strings are base64.
 * Logs go to stderr, never here.
 */
import { z } from 'zod';
import { ackLevels, outcomes } from './outcome.ts';

export const contractVersion = 1;
/** A longer line is a defect of the system; the tester stops reading it. */
export const controlLineBytesMax = 16 * 1024 * 1024;

const base64 = z.base64();
const count = z.number().int().nonnegative();

/** The parameters of each operation. An operation outside this list is answered `unsupported`. */
export const requestParameters = {
  hello: z.strictObject({}),
  /** Makes a new device with empty storage; what the process held before is closed and removed. */
  init: z.strictObject({ name: z.string().min(1) }),
  /** Creates a group (answer: `invite`) or joins one. `relays` are `host:port` or `host:port/RELAY-ID`. */
  pair: z.strictObject({
    relays: z.array(z.string()).min(1),
    passphrase: z.string().min(1).optional(),
    invite: z.string().optional(),
  }),
  /** Uses the stored identity again after a restart of the process. */
  reopen: z.strictObject({ relays: z.array(z.string()).min(1) }),
  connect: z.strictObject({}),
  disconnect: z.strictObject({}),
  /** Ok at level local once durable; with `until: relay` waits for the acknowledgement up to `deadlineMs`. */
  push: z.strictObject({ body: base64, until: z.enum(ackLevels).optional(), deadlineMs: count.optional() }),
  delete: z.strictObject({ item: z.string() }),
  /** One pull up to the relay's head. */
  pull: z.strictObject({}),
  /** Looks at what the relay holds after a cursor, so many items to a page; for a system that can `page`. */
  read: z.strictObject({ after: count, items: count.min(1) }),
  /** From now on, while the process runs: how many items are asked for at a time. For a system that can `page`. */
  page: z.strictObject({ items: count.min(1) }),
  /** What the node holds, live and deleted, apart from pulling; `digests: false` for who need not know the content. */
  items: z.strictObject({ digests: z.boolean().optional() }),
  ping: z.strictObject({}),
  status: z.strictObject({}),
  outbox: z.strictObject({}),
  stats: z.strictObject({}),
  /** Only the test image: arms a hook by name. */
  hook: z.strictObject({ name: z.string(), parameters: z.record(z.string(), z.unknown()).optional() }),
} as const;

export type Operation = keyof typeof requestParameters;
export const operations = Object.keys(requestParameters) as Operation[];
export type ParametersOf<Op extends Operation> = z.infer<(typeof requestParameters)[Op]>;

export const nodeStates = [
  'disconnected',
  'connecting',
  'handshaking',
  'connected',
  'degraded',
  'reconnecting',
  'stopped',
] as const;
export type NodeState = (typeof nodeStates)[number];

/** One item a node holds. `digest` is the SHA-256 of the plaintext body in hex, computed when asked; else null. */
export const heldItem = z.object({
  item: z.string(),
  author: z.string(),
  /** The author's own number of the item, once sealed. */
  sequence: count.nullable(),
  cursor: count.nullable(),
  bytes: count,
  digest: z.string().nullable(),
  deleted: z.boolean(),
});
export type HeldItem = z.infer<typeof heldItem>;

export const outstandingItem = z.object({
  item: z.string().nullable(),
  cursor: count,
  reason: z.string(),
  /** How often it was asked for again since it entered the list. */
  asked: count,
});
export type OutstandingItem = z.infer<typeof outstandingItem>;

/** What an `ok` answer holds, by operation. */
export const answerValues = {
  hello: z.object({
    contract: z.literal(contractVersion),
    operations: z.array(z.string()),
    ack: z.enum(['local', 'relay', 'both']),
    live: z.boolean(),
    payload: z.enum(['bytes', 'text']),
    limits: z.object({ bodyBytesMax: count }),
  }),
  init: z.object({ device: z.string() }),
  pair: z.object({ group: z.string(), invite: z.string().nullable() }),
  reopen: z.object({ device: z.string(), group: z.string().nullable() }),
  connect: z.object({}),
  disconnect: z.object({}),
  push: z.object({
    item: z.string(),
    level: z.enum(ackLevels),
    sequence: count.nullable(),
    cursor: count.nullable(),
    /** Set when `until: relay` ran out: the item is accepted and waits in the outbox. */
    retryable: z.boolean().optional(),
    reason: z.string().optional(),
  }),
  delete: z.object({ tombstone: z.string() }),
  pull: z.object({ received: count, cursor: count }),
  /** In the order in which they came. */
  read: z.object({ cursors: z.array(count) }),
  page: z.object({}),
  items: z.object({ items: z.array(heldItem) }),
  ping: z.object({ roundTripMs: z.number().nonnegative() }),
  status: z.object({
    state: z.enum(nodeStates),
    attempt: count,
    /** Items not yet at the relay; null: the system cannot say. */
    pending: count.nullable(),
    /** The contiguous cursor: everything up to it was received or explained. */
    cursor: count.nullable(),
    /** Canonical encoding, base64; null: the system has none. */
    vector: z.string().nullable(),
    outstanding: z.array(outstandingItem).nullable(),
    /** Set while an error keeps the node from retrying by itself. */
    terminalError: z.string().nullable(),
  }),
  outbox: z.object({
    entries: z.array(z.object({ item: z.string(), attempts: count, inFlight: z.boolean() })),
  }),
  stats: z.object({
    reconnects: count,
    handshakesOk: count,
    handshakesFailed: z.record(z.string(), count),
    frameErrors: count,
    authFailures: z.record(z.string(), count),
    pulls: count,
    itemsReceived: count,
    duplicatesDiscarded: count,
    bytesIn: count,
    bytesOut: count,
    fullRescans: count,
    pushesSent: count,
    roundTripMs: z.number().nullable(),
    openDescriptors: count,
  }),
  hook: z.record(z.string(), z.unknown()),
} as const satisfies Record<Operation, z.ZodType>;

export type AnswerValue<Op extends Operation> = z.infer<(typeof answerValues)[Op]>;

export const request = z.object({ id: count, op: z.string(), parameters: z.unknown().optional() });
export type Request = z.infer<typeof request>;

/** `failed` and `unknown` carry a stable `code` and a sentence; `ok` carries the operation's value. */
export const answer = z.object({
  id: count,
  outcome: z.enum(outcomes),
  value: z.unknown().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
});
export type Answer = z.infer<typeof answer>;

/** Announcements of a node. `atMs` is the node's own wall clock. */
export const nodeEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('state'), atMs: z.number(), state: z.enum(nodeStates), attempt: count }),
  z.object({
    event: z.literal('sealed'),
    atMs: z.number(),
    item: z.string(),
    sequence: count,
    payloadDigest: z.string(),
  }),
  z.object({
    event: z.literal('acked'),
    atMs: z.number(),
    item: z.string(),
    /** Null: the system numbers nothing. */
    cursor: count.nullable(),
    sequence: count.nullable(),
  }),
  z.object({
    event: z.literal('received'),
    atMs: z.number(),
    item: z.string(),
    cursor: count,
    author: z.string(),
    sequence: count,
  }),
  z.object({ event: z.literal('refused'), atMs: z.number(), cursor: count, reason: z.string() }),
  z.object({ event: z.literal('asked-again'), atMs: z.number(), cursor: count }),
  z.object({ event: z.literal('recovered'), atMs: z.number(), cursor: count }),
  z.object({
    event: z.literal('handshake-failed'),
    atMs: z.number(),
    stage: z.string(),
    reason: z.string(),
    afterMs: z.number(),
  }),
  z.object({ event: z.literal('gap'), atMs: z.number(), fromCursor: count, toCursor: count }),
  /** Hook `export-keys`: what opens the session's capture. Only the test image sends it. */
  z.object({
    event: z.literal('session-keys'),
    atMs: z.number(),
    handshakeHash: base64,
    /** The initiator's X25519 ephemeral in clear, as in m1: identifies the session in a capture. */
    ephemeral: base64,
    initiatorKey: base64,
    responderKey: base64,
  }),
  /** Hook `export-keys`: secrets of an attempt, finished or not, which must be found nowhere. */
  z.object({ event: z.literal('handshake-secrets'), atMs: z.number(), ephemeral: base64, secrets: z.array(base64) }),
]);
export type NodeEvent = z.infer<typeof nodeEvent>;
