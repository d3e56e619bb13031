import type { Capability } from '../../contract/capabilities.ts';
import type { AnswerValue, NodeEvent, Operation, ParametersOf } from '../../contract/control.ts';
import type { Outcome } from '../../contract/outcome.ts';
import type { RelayStats } from '../../contract/relay-stats.ts';
import type { Direction, TapEntry, TapRecord, TapRule } from '../../contract/tap.ts';
import type { Clock } from '../../support/clock.ts';
import type { Collected, LinkWitness } from '../history/collected.ts';

export type ArenaName = 'docker' | 'simulator';
/** `node-a`, `node-b`, …; the link between a node and the relay has the node's name. */
export type NodeName = string;

/** Where stages come from. `cli` chooses one; nothing below it knows which. */
export interface Arena {
  readonly name: ArenaName;
  /** One sentence for the top of the run: which arena and why. */
  readonly about: string;
  /** What the arena found out about itself: engine, kernel, mechanisms, images. Goes into the report. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Null when the arena can do it in this topology, else the reason why not. */
  cannot(ability: LinkAbility, topology: string): string | null;
  /** What the system can in an image: the manifest's list, less what the image lacks. */
  canOf(image: StageOptions['image']): readonly Capability[];
  openStage(options: StageOptions): Promise<Topology>;
  /** Ends everything the arena started for the run. */
  close(): Promise<void>;
}

export interface StageOptions {
  readonly topology: string;
  /** Limits of the relay: the name in `relay-NAME.toml` of the system, such as `chaos`. */
  readonly profile: string;
  /** Planted defects and hooks of the system's test image; none means the correct system. */
  readonly defects: readonly string[];
  readonly image: 'test' | 'release';
  /** Decides every draw of a simulated stage; a label elsewhere. */
  readonly seed: string;
}

/**
 * One running stage: relay, nodes and the links between them, as every arena offers it. Faults, workload and runner
 * are written against this and never learn which arena they run in.
 */
export interface Topology {
  readonly arena: ArenaName;
  readonly name: string;
  readonly clock: Clock;
  /** Tells of each late wake-up of a thread that waits beside the system's processes, in ms; none where time is virtual. */
  readonly hearLateness?: (heard: (lateMs: number) => void) => () => void;
  /** What the system can in this stage (the manifest's list, less what the image lacks). */
  readonly can: readonly Capability[];
  readonly nodes: readonly NodeName[];
  node(name: NodeName): NodeControl;
  readonly relay: RelayControl;
  link(node: NodeName): Link;
  /** Null in a topology without one. */
  readonly tap: Tap | null;
  /** Null where the machines' disks are out of the arena's reach. */
  readonly disks: Disks | null;
  /** What `pair` must be given as `relays` for this node: its link's own address and the relay's id. */
  relayAddresses(node: NodeName): Promise<readonly string[]>;
  /** Starts a trial on a proven clean stage: marks every source for its positive control, starts the captures. */
  beginTrial(trial: TrialStart): Promise<void>;
  /** Collects and searches the trial's evidence. Nodes and relay still run. */
  collect(plan: CollectPlan): Promise<Collected>;
  /** Proves that nothing of the trial is left (no fault, session, pending handshake); false: throw the stage away. */
  reset(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface TrialStart {
  /** Unique text (ASCII letters and digits) that must be found in every source at the end. */
  readonly mark: string;
}

export interface CollectPlan {
  /** What must be found nowhere: label and bytes. Device names are also searched in logs and pages (metadata). */
  readonly canaries: readonly Canary[];
  readonly group: string | null;
  /** Ids that must not show in relay logs and pages: label and text. */
  readonly identifiers: readonly { readonly label: string; readonly text: string }[];
}

export interface Canary {
  /** `content`, `device-name:node-a`, `passphrase`, `group-secret`, `handshake-secret`. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

export type Answered<Op extends Operation> =
  | { readonly outcome: 'ok'; readonly value: AnswerValue<Op> }
  | { readonly outcome: Exclude<Outcome, 'ok'>; readonly code: string; readonly message: string };

/** What can be done to a process from outside, and what the arena sees of it. Relay and nodes alike. */
export interface ProcessControl {
  /** SIGKILL: what was not committed is lost. Resolves when the process is gone and all that it said was heard. */
  crash(): Promise<void>;
  /** SIGTERM, SIGKILL after 10 s; resolves as `crash` does. */
  shutDown(): Promise<void>;
  /** After `crash` or `shutDown`: a new process on the same data; control answers again. */
  restart(): Promise<void>;
  /** No code of it runs until `resume`; its connections stay open. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The arena's own word, never the system's. */
  inspect(): Promise<ProcessState>;
}

export interface ProcessState {
  readonly status: 'running' | 'paused' | 'ended';
  /** Wall clock, of its last start. */
  readonly startedAtMs: number;
  /** Wall clock and exit code of its end (137 after SIGKILL); null while it has not ended. */
  readonly endedAtMs: number | null;
  readonly exitCode: number | null;
}

export interface NodeControl extends ProcessControl {
  readonly name: NodeName;
  /** Never throws for what the system does: no answer in time is `unknown`. */
  request<Op extends Operation>(op: Op, parameters: ParametersOf<Op>, timeoutMs?: number): Promise<Answered<Op>>;
  /** Calls back for each announcement from now on, secrets included; the returned function ends it. */
  onEvent(listener: (event: NodeEvent) => void): () => void;
  /** Its machine loses its network interface and address; no packet passes. Healing gives both back. */
  detach(): Promise<Heal>;
  /** What its data volume holds now; the returned function sets it back to that. The process must have ended, both times. */
  saveVolume(): Promise<() => Promise<void>>;
  /** The networks its machine is on, by the arena's word. */
  networks(): Promise<readonly string[]>;
}

export interface RelayControl extends ProcessControl {
  /** Null when the system reports none. Throws an EnvironmentError while the relay is down or paused. */
  stats(): Promise<RelayStats | null>;
  /** Removes now what a regular clean-up would; resolves when it is done. Throws where the system cannot be told to. */
  cleanUp(): Promise<void>;
  /** Test image only: arms a hook by name. */
  hook(name: string, parameters: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Ends what was injected. Healing twice does nothing. */
export type Heal = () => Promise<void>;

/** A fault in force whose measure can be changed: connections stay, and their bytes keep their order. */
export interface Adjustable<Measure> {
  readonly heal: Heal;
  change(measure: Measure): Promise<void>;
}

/** What links can suffer and what else faults act on; an arena says before a run what it cannot produce. */
export const linkAbilities = [
  'delay',
  'scatter',
  'throttle',
  'stall',
  'reset',
  'hold-close',
  'fragment',
  'cut',
  'limit-bytes',
  'lose',
  'starve',
  'detach',
  'tap',
  'disks',
] as const;
export type LinkAbility = (typeof linkAbilities)[number];

export interface Delay {
  readonly delayMs: number;
  readonly jitterMs: number;
}

export interface Rate {
  readonly bytesPerSecond: number;
}

export interface Loss {
  /** Probability, 0 to 1. */
  readonly share: number;
  /** How likely a packet shares the fate of the one before it, where else its fate is drawn anew; 0 when left out. */
  readonly correlation?: number;
}

export interface Fragments {
  /** On the average; 1 for the most cuts there can be. */
  readonly bytes: number;
  readonly apartMs: number;
}

interface OneWay {
  readonly direction: Direction;
}

/** The path between one node and the relay. Healing gives the link back as it was; it never replays lost bytes. */
export interface Link {
  readonly node: NodeName;
  /** Every byte of the direction arrives `delayMs` ± `jitterMs` late. Order is kept, nothing is lost. */
  delay(shape: OneWay & Delay): Promise<Adjustable<Delay>>;
  /** Each packet of the direction is `delayMs` ± `jitterMs` late by itself, so that one overtakes another. Nothing is lost. */
  scatter(shape: OneWay & Delay): Promise<Heal>;
  /** Each connection's direction carries no more than so much; whole multiples of 1000. Nothing is lost. */
  throttle(shape: OneWay & Rate): Promise<Adjustable<Rate>>;
  /**
   * Bytes of the direction are taken, acknowledged and swallowed, of new connections too; an end still passes. Healing
   * closes every connection that is open then, because its stream has a hole.
   */
  stall(shape: OneWay): Promise<Heal>;
  /**
   * Open connections are reset at once, new ones when their first bytes arrive, until healed. The node sees the reset;
   * to the relay a connection that was open may end in order.
   */
  reset(): Promise<Heal>;
  /** When the sender of the direction ends a connection, the other side hears of it `delayMs` later, or at the heal. */
  holdClose(shape: OneWay & { readonly delayMs: number }): Promise<Heal>;
  /** What is sent at once arrives in pieces of about `bytes`, cut anywhere, each `apartMs` after the one before. */
  fragment(shape: OneWay & Fragments): Promise<Heal>;
  /** Open connections end, new ones are refused, no byte passes until healed. */
  cut(): Promise<Heal>;
  /** After exactly `bytes` of a connection's direction the connection is closed; holds for each connection. */
  limitBytes(shape: OneWay & { readonly bytes: number }): Promise<Heal>;
  /** Each packet of the direction is dropped at its receiver with probability `share`; a share of 0 only counts. */
  lose(shape: OneWay & Loss): Promise<Adjustable<Loss>>;
  /** All that the node sends leaves its machine no faster than this, whole packets at a time; for rates near zero. */
  starve(rate: Rate): Promise<Heal>;
  /** Packets seen and dropped by `lose` and segments sent again, since the trial began. */
  lossWitness(): Promise<LossWitness>;
  /** While `stall` is on, bytes that were swallowed may count until their connection has ended. */
  witness(): Promise<LinkWitness>;
  /** The faults on the link, by the word of proxy and kernel. */
  inForce(): Promise<readonly InForce[]>;
}

/** A step of a database: it has not begun; its work is done and not committed; it is committed and nobody has heard of it. */
export const stepMoments = ['before', 'uncommitted', 'after'] as const;
export type StepMoment = (typeof stepMoments)[number];

/** The disks of relay and nodes, and the steps by which they write to them. */
export interface Disks {
  /**
   * Holds the process of `relay` or a node at a moment of its `nth` step from now on, of those with these names. `onHeld`
   * is told the step's name when it stands there. Healing lets it go on.
   */
  holdAt(at: StepPlace, onHeld: (step: string) => void): Promise<Heal>;
  /** The machine of `relay` or a node loses its power: the process ends, and what was not synced is gone. */
  powerCut(target: string): Promise<void>;
  /** The data of a node say that it has read all up to this cursor. Its process must have ended. */
  setCursor(node: NodeName, cursor: number): Promise<void>;
}

export interface StepPlace {
  readonly process: string;
  /** Undefined: every step that writes. */
  readonly steps: readonly string[] | undefined;
  readonly moment: StepMoment;
  readonly nth: number;
}

/** One fault on a link, in the units it was asked for in. */
export interface InForce {
  readonly ability: LinkAbility;
  /** Null: of no direction, such as a cut. */
  readonly direction: Direction | null;
  /** `delayMs`, `jitterMs`, `bytesPerSecond`, `bytes`, `share`, `correlation`, as the ability has them. */
  readonly measure: Readonly<Record<string, number>>;
}

export interface LossWitness {
  readonly packetsSeen: number;
  readonly packetsDropped: number;
  /** Of the dropped, by the direction they went in. */
  readonly droppedUp: number;
  readonly droppedDown: number;
  /** Of packets dropped one after the other, of losses with a correlation; others are not counted. */
  readonly runs: number;
  readonly segmentsRetransmitted: number;
}

export interface Tap {
  /**
   * `onStrike` is told at once of each record that the rule struck, or that its `mute` swallowed. Healing takes the rule
   * out: what a `hold` kept back passes then, and a connection with a `mute` is closed.
   */
  addRule(rule: TapRule, onStrike?: (strike: TapRecord) => void): Promise<Heal>;
  /** Everything that passed since the trial began. */
  journal(): Promise<readonly TapEntry[]>;
}
