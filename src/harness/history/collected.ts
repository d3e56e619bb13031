/**
 * What an arena collected at the end of one trial, as plain data: checkers read this and the history, nothing else,
 * so that a stored run can be judged again. A part that could not be collected is `null` with the reason in `missing`,
 * and the checks that need it answer `unknown`.
 */
import type { HeldItem, OutstandingItem } from '../../contract/control.ts';
import type { RelayStats } from '../../contract/relay-stats.ts';
import type { Direction, TapEntry } from '../../contract/tap.ts';

export interface Collected {
  /** By node name. */
  readonly nodes: Readonly<Record<string, CollectedNode>>;
  readonly relay: CollectedRelay;
  /** One entry per source that was searched for canaries. */
  readonly searches: readonly SourceSearch[];
  /** Lines and pages that break the closed lists of metadata. */
  readonly metadata: MetadataScan;
  readonly captures: readonly CollectedCapture[];
  /** Null in a topology without a tap. */
  readonly tapJournal: readonly TapEntry[] | null;
  /** By link: what the link's own counters say, at the end of the trial. */
  readonly links: Readonly<Record<string, LinkWitness>>;
  /** What could not be collected: part and reason. */
  readonly missing: readonly Missing[];
}

export interface Missing {
  /** A path into this record, such as `nodes.node-b.items` or `searches.relay-log`. */
  readonly part: string;
  readonly because: string;
  /** True: the system cannot give it by its manifest (clause not run). False: it should have been there. */
  readonly byDesign: boolean;
}

export interface CollectedNode {
  readonly alive: boolean;
  /** Exits and unhandled errors the scenario did not order. */
  readonly unscheduledExits: readonly string[];
  /** Where `items` comes from: rows of the node's own database, or the answer of its `items` operation. */
  readonly itemsFrom: 'rows' | 'answer';
  readonly items: readonly HeldItem[] | null;
  /** The `items` operation's answer, for comparison with the rows. */
  readonly answeredItems: readonly HeldItem[] | null;
  readonly vector: string | null;
  readonly cursor: number | null;
  readonly pending: number | null;
  readonly outstanding: readonly OutstandingItem[] | null;
  readonly fullRescans: number | null;
  readonly integrityCheck: string | null;
}

export interface CollectedRelay {
  readonly alive: boolean;
  readonly unscheduledExits: readonly string[];
  /** Right after settling, the first answer of these that met the health rule, or the last one seen. */
  readonly stats: RelayStats | null;
  /** At the start of the trial, before any node of it connected. */
  readonly baseline: RelayStats | null;
  /** Of the trial's group, in order of cursor. `payloadDigest` is SHA-256 in hex. */
  readonly rows: readonly RelayRow[] | null;
  readonly integrityCheck: string | null;
  readonly closeWait: number | null;
}

export interface RelayRow {
  readonly item: string;
  readonly cursor: number;
  readonly sender: string;
  readonly bytes: number;
  readonly payloadDigest: string;
}

export const sourceKinds = ['log', 'database', 'file', 'page', 'capture', 'frames'] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** One source, searched for every canary in every encoding; `markFound` is its positive control. */
export interface SourceSearch {
  /** Such as `relay-log`, `relay.db-wal`, `capture:relay`. */
  readonly source: string;
  readonly kind: SourceKind;
  readonly bytes: number;
  readonly markFound: boolean;
  /** An encrypted capture without keys: searched raw, never clean. */
  readonly opaque: boolean;
  readonly hits: readonly SearchHit[];
}

export interface SearchHit {
  /** What was planted, never its value: `content`, `device-name:node-a`, `passphrase`, `group-secret`. */
  readonly canary: string;
  readonly encoding: string;
  readonly offset: number;
}

export interface MetadataScan {
  /** Number of log lines judged, and those outside the closed list: line number and what is wrong, never the line. */
  readonly logLines: number | null;
  readonly strayLines: readonly { readonly line: number; readonly problem: string }[];
  /** Health and metrics pages judged, and what is wrong with them. */
  readonly pages: readonly string[] | null;
  readonly strayPages: readonly { readonly page: string; readonly problem: string }[];
  /** The marked line and the marked page were seen. */
  readonly markFound: boolean;
}

/** One capture point: a container's interface, or the end of a simulated link. */
export interface CollectedCapture {
  /** `relay`, `node-a`, … */
  readonly point: string;
  readonly packets: number;
  /** Packets the kernel counted on the interface meanwhile; null where it cannot be told. */
  readonly packetsCounted: number | null;
  readonly bytes: number;
  readonly markFound: boolean;
  /** With whom it exchanged packets: `relay`, `node-b`, `toxiproxy`; an address that nobody there has stays one. */
  readonly peers: readonly string[];
  /** Of the connections seen: opened with session keys, or opaque. */
  readonly openedSessions: number;
  readonly opaqueSessions: number;
  /** To the relay, in the order in which they were first seen. */
  readonly connections: readonly CapturedConnection[];
  /** Records seen at this point, in order of time; where the framing is unknown, the pieces in which bytes came. */
  readonly records: readonly CapturedRecord[];
}

/** One connection by the packets that open and end it. Wall clock. */
export interface CapturedConnection {
  readonly flow: string;
  /** When it was asked for, whether or not anybody took it; null: before the capture. */
  readonly openedMs: number | null;
  /** The first FIN or RST of either side; null: it was open to the last. */
  readonly endedMs: number | null;
  /** What ended it was an RST: the other side hears that it broke, not that it is over. */
  readonly wasReset: boolean;
}

export interface CapturedRecord {
  /** Wall clock, fractions of a millisecond where known: when the record's first and last byte were seen. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly flow: string;
  /** What the connection opened with: the same at every point that saw it. Null where the framing is unknown. */
  readonly session: string | null;
  readonly direction: Direction;
  readonly index: number;
  /** With the length before it. */
  readonly bytes: number;
  /** Types of the messages that end in this record, when the session was opened; else null. */
  readonly messages: readonly string[] | null;
  /** The cursors after which the requests for pages among them ask; left out: there are none. */
  readonly pullsAfter?: readonly number[];
  /** The codes of the ERRORs among them; left out: there are none. */
  readonly errorCodes?: readonly number[];
}

export interface LinkWitness {
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly connections: number | null;
}
