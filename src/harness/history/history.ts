import type { NodeEvent } from '../../contract/control.ts';
import type { AckLevel, Outcome } from '../../contract/outcome.ts';
import type { Clock } from '../../support/clock.ts';

/**
 * The append-only record of one trial: what was asked, answered, injected, healed and witnessed, and when.
 * Checkers read it together with what was collected; nothing is ever taken back.
 */
export class History {
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #entries: HistoryEntry[] = [];
  readonly #listeners = new Set<(entry: HistoryEntry) => void>();

  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.#clock = clock;
  }

  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  append(fact: HistoryFact): HistoryEntry {
    const entry = { index: this.#entries.length, atMs: this.#clock.wallMs(), ...fact } as HistoryEntry;
    this.#entries.push(entry);
    for (const listener of this.#listeners) listener(entry);
    return entry;
  }

  /** Calls back for each entry from now on; the returned function ends it. */
  onEntry(listener: (entry: HistoryEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The entries of one kind, in order. */
  of<Kind extends HistoryFact['kind']>(kind: Kind): readonly EntryOf<Kind>[] {
    return entriesOf(this.#entries, kind);
  }
}

/** What `entriesOf` found, until the list grows: checks ask for the same kinds again and again. */
const found = new WeakMap<readonly HistoryEntry[], { readonly length: number; readonly byKind: EntriesByKind }>();
type EntriesByKind = Map<HistoryFact['kind'], readonly HistoryEntry[]>;

/** The entries of one kind, in order. A list only ever grows. */
export function entriesOf<Kind extends HistoryFact['kind']>(
  entries: readonly HistoryEntry[],
  kind: Kind,
): readonly EntryOf<Kind>[] {
  let known = found.get(entries);
  if (known?.length !== entries.length) {
    known = { length: entries.length, byKind: new Map() };
    found.set(entries, known);
  }
  let ofKind = known.byKind.get(kind);
  if (ofKind === undefined) {
    ofKind = entries.filter((entry) => entry.kind === kind);
    known.byKind.set(kind, ofKind);
  }
  return ofKind as readonly EntryOf<Kind>[];
}

export type HistoryEntry = HistoryFact & { readonly index: number /** Wall clock. */; readonly atMs: number };
export type EntryOf<Kind extends HistoryFact['kind']> = Extract<HistoryEntry, { kind: Kind }>;

/** Which part of a trial's load an operation belongs to: `seed`, the name of a load step, or `closing`. */
export type LoadPart = string;

export type HistoryFact =
  /** The order of a trial: opened, seeding, loading, healing, settling, collecting. */
  | { readonly kind: 'phase'; readonly phase: Phase }
  | {
      readonly kind: 'invoked';
      /** Pairs with `answered`; unique in the trial. */
      readonly operation: number;
      readonly node: string;
      readonly op: 'push' | 'delete' | 'pull' | 'ping' | 'connect' | 'disconnect' | 'pair' | 'reopen';
      readonly part: LoadPart;
      /** Of a push: SHA-256 of the plaintext in hex. Of a delete: the item. */
      readonly digest?: string;
      readonly bytes?: number;
      readonly item?: string;
      /** Of a barrier round: its number from 0, so that the operations released together can be found. */
      readonly round?: number;
    }
  | {
      readonly kind: 'answered';
      readonly operation: number;
      readonly outcome: Outcome;
      readonly level?: AckLevel;
      readonly item?: string;
      readonly cursor?: number | null;
      readonly sequence?: number | null;
      readonly retryable?: boolean;
      readonly code?: string;
      readonly message?: string;
      readonly roundTripMs?: number;
    }
  /** Announced by a node; see the control contract. Secrets (`session-keys`, `handshake-secrets`) are not recorded. */
  | { readonly kind: 'event'; readonly node: string; readonly event: NodeEvent }
  | {
      readonly kind: 'injected';
      readonly fault: number;
      readonly name: string;
      readonly parameters: unknown;
      readonly disarmed: boolean;
    }
  | { readonly kind: 'healed'; readonly fault: number; readonly error?: string }
  /** A value measured outside the system: a counter of the kernel, the proxy, the tap, the engine or the relay. */
  | { readonly kind: 'witness'; readonly name: string; readonly fault?: number; readonly value: unknown }
  /** Tester-ordered process events: what the health check must not count as a crash. */
  | {
      readonly kind: 'process';
      readonly target: string;
      readonly event: 'started' | 'stopped' | 'killed' | 'paused' | 'resumed' | 'set-back';
    }
  /**
   * A wait that ran out without being an error, such as a trigger under `--disarm`. `ofFault`: it waited for an effect of
   * a fault, so a proof is missing.
   */
  | { readonly kind: 'gave-up'; readonly waitedFor: string; readonly lastSeen: unknown; readonly ofFault?: true }
  /** Settling: reached, or not by its deadline and what was last seen. */
  | { readonly kind: 'settled'; readonly reached: boolean; readonly afterMs: number; readonly lastSeen?: unknown }
  /** Tester or world failed; `touches` names the checks whose evidence it spoils, `*` all. */
  | { readonly kind: 'world'; readonly what: string; readonly touches: readonly string[] }
  /** How late the machine was: the largest lag of a timer since the last such entry. */
  | { readonly kind: 'lag'; readonly timerLagMs: number };

export const phases = ['opened', 'seeding', 'loading', 'healing', 'closing', 'settling', 'collecting'] as const;
export type Phase = (typeof phases)[number];
