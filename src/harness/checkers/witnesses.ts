import { z } from 'zod';
import { directions } from '../../contract/tap.ts';
import { type EntryOf, entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { VectorSnapshot } from './vector.ts';

const count = z.number().int().nonnegative();
const run = z.tuple([count, count]);
const processStatus = z.enum(['running', 'paused', 'ended']);
const lossCounts = {
  packetsSeen: count,
  packetsDropped: count,
  droppedUp: count,
  droppedDown: count,
  /** Of packets dropped one after the other; counted of correlated loss only. */
  runs: count.default(0),
  segmentsRetransmitted: count,
};
const spells = z.array(z.object({ fromMs: z.number(), untilMs: z.number(), packetsDropped: count }));

/** Every witness that a checker reads, by name, with the form of its value. */
export const witnessValues = {
  /** Status of a node asked in passing: its vector, each time it changed. */
  vector: z.object({ node: z.string(), vector: z.string() }),
  /** After a push or deletion ended retryable: the item is in the node's outbox, or was acknowledged by then. */
  'outbox-after-retryable': z.object({ node: z.string(), item: z.string(), present: z.boolean() }),
  /** Relay statistics, each time they changed after the node's handshake failed: what is left of the attempt. */
  'pending-handshakes': z.object({
    node: z.string(),
    afterFailureMs: z.number().nonnegative(),
    value: count,
    /** Sessions of that node's device. */
    sessions: count,
  }),
  /** A node's counter of failed handshakes: before the fault and after its heal. */
  'handshake-failures': z.object({ node: z.string(), total: count }),
  /** A node's counters of frames it could not read and of records or blobs that did not open: as `handshake-failures`. */
  'wire-errors': z.object({ node: z.string(), frameErrors: count, authFailures: count }),
  /** How many canaries of each label the evidence was searched for. */
  canaries: z.object({ labels: z.record(z.string(), count) }),
  /** What the kernel counted while a fault was on, and of that what was dropped in each minute of it. */
  loss: z.object({ ...lossCounts, minutes: spells.default([]) }),
  /** The same of blackouts, and each of them: wall clock, what was dropped on all links together. */
  blackouts: z.object({ ...lossCounts, spells }),
  /** Just before a partition was healed: how it was made, what proxy and kernel listed on the links, and what was dropped. */
  partition: z.object({
    mechanism: z.enum(['proxy', 'kernel']),
    inForce: z.array(z.object({ link: z.string(), ability: z.string(), direction: z.enum(directions).nullable() })),
    loss: z.object({ links: z.array(z.object({ link: z.string(), packetsDropped: count })) }),
  }),
  /** What proxy and kernel said was in force on the links of a latency, just before it was healed. */
  latency: z.array(
    z.object({
      link: z.string(),
      ability: z.string(),
      direction: z.enum(directions).nullable(),
      measure: z.record(z.string(), z.number()),
    }),
  ),
  /** How often the proxy had accepted another delay by the heal. */
  'wandering-latency': z.object({ changes: count }),
  /** From when until when, by the wall clock, a step of the load itself disturbed a link; it does so disarmed too. */
  'link-disturbed': z.object({ node: z.string(), fromMs: z.number(), untilMs: z.number() }),
  /** Each change of rate that the proxy had accepted by the heal. */
  'bandwidth-steps': z.object({ changes: z.array(z.object({ atMs: z.number(), bytesPerSecond: z.number() })) }),
  /** What had come from each starved node so far, counted at the far end of its link again and again. */
  starve: z.object({ carried: z.array(z.object({ link: z.string(), atMs: z.number(), bytesUp: count })) }),
  /** The arena's word on a process: just after a fault struck it, before its heal, after its heal. */
  process: z.object({
    target: z.string(),
    status: processStatus,
    startedAtMs: z.number(),
    endedAtMs: z.number().nullable(),
    exitCode: z.number().nullable(),
  }),
  /** What a node said of itself and then held: cursors, and numbers by author, as runs from and to. */
  held: z.object({
    node: z.string(),
    cursor: count.nullable(),
    vector: z.string().nullable(),
    cursors: z.array(run),
    sequences: z.record(z.string(), z.array(run)),
  }),
  /** What a node got when it read from a cursor, so many items to a page. */
  read: z.object({ node: z.string(), after: count, items: count, cursors: z.array(count) }),
  /** The relay cleaned up because it was told to: what its statistics said before and after, sessions by node. */
  'clean-up': z.object({
    runsBefore: count,
    runsAfter: count,
    blobsBefore: count,
    blobsAfter: count,
    sessions: z.record(z.string(), count),
  }),
  /** What a node said of its cursor as soon as it ran on data that had been set back; null: it did not say. */
  'set-back': z.object({ node: z.string(), cursor: count.nullable() }),
  /** The networks a node's machine is on: just after a fault took them away, before its heal, after its heal. */
  networks: z.object({ node: z.string(), networks: z.array(z.string()) }),
  /**
   * What stood on a node's outstanding list at some moment, and where its cursor was (null or left out: not known);
   * null cursors: the node did not say.
   */
  outstanding: z.object({ node: z.string(), cursors: z.array(count).nullable(), cursor: count.nullable().optional() }),
  /** A record that the tap struck, as it stands in the tap's journal. */
  'tap-strike': z.object({ link: z.string(), connection: count, direction: z.enum(directions), record: count }),
  /**
   * A fault's trigger fired; at a step of a database: of those asked for (left out: any that writes) this one, and the
   * arena's word on the process that was to stand there.
   */
  triggered: z.object({
    trigger: z.string(),
    asked: z.array(z.string()).optional(),
    step: z.string().optional(),
    status: processStatus.optional(),
  }),
  /** Just before a connection whose answers were withheld was closed: whether the relay had stored the push. */
  'answer-withheld': z.object({ stored: z.boolean().nullable(), answersSwallowed: count }),
} as const;
export type WitnessName = keyof typeof witnessValues;
export type WitnessValue<Name extends WitnessName> = z.infer<(typeof witnessValues)[Name]>;

/** One witness with its value read; a value of another form throws, which makes the check unknown. */
export interface Witness<Name extends WitnessName> {
  readonly entry: EntryOf<'witness'>;
  readonly value: WitnessValue<Name>;
}

/** The witnesses of one name, in order. */
export function witnessesOf<Name extends WitnessName>(record: TrialRecord, name: Name): readonly Witness<Name>[] {
  const schema: z.ZodType = witnessValues[name];
  return entriesOf(record.entries, 'witness')
    .filter((entry) => entry.name === name)
    .map((entry) => ({ entry, value: schema.parse(entry.value) as WitnessValue<Name> }));
}

/** Every vector that is known of a node, in order of time; the collected one comes last. */
export function vectorsOf(record: TrialRecord, node: string): readonly VectorSnapshot[] {
  const seen = witnessesOf(record, 'vector')
    .filter(({ value }) => value.node === node)
    .map(({ entry, value }) => ({ atMs: entry.atMs, vector: value.vector }));
  const last = record.collected.nodes[node]?.vector ?? null;
  const endMs = record.entries.at(-1)?.atMs ?? 0;
  return last === null ? seen : [...seen, { atMs: endMs, vector: last }];
}
