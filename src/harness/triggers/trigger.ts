import type { z } from 'zod';
import type { NodeEvent } from '../../contract/control.ts';
import type { Clock } from '../../support/clock.ts';
import type { Prng } from '../../support/prng.ts';
import type { HistoryEntry } from '../history/history.ts';
import type { Heal, LinkAbility, NodeName, Topology } from '../topology/topology.ts';

/** A moment of the trial that sets off a fault. The file's name is the export's name is the name in YAML. */
export interface Trigger<Parameters = unknown> {
  readonly name: string;
  /** What is waited for, for `chaos show` and the reference table. */
  readonly about: string;
  readonly parameters: z.ZodType<Parameters>;
  /** What the arena must be able to do; otherwise a variant with a fault that waits for it is not run. */
  readonly abilities?: readonly LinkAbility[];
  /**
   * Calls `fire` once, when the moment comes; what it `saw` there is written down. The returned function ends the watch
   * and lets go what was held for it; it is called after the fault was injected, or when the moment never came.
   */
  arm(trial: WatchedTrial, parameters: Parameters, fire: (saw?: Saw) => void): Promise<Heal>;
  /** Every moment that a sweep strikes at, as parameters of its own. */
  points?(parameters: Parameters): readonly Parameters[];
}

/** By the arena's word, of the moment itself; a witness of the name `triggered` holds it. */
export type Saw = Readonly<Record<string, unknown>>;

/** What a trigger may look at. */
export interface WatchedTrial {
  readonly topology: Topology;
  readonly clock: Clock;
  readonly prng: Prng;
  /** What the trial's history holds so far. */
  readonly entries: () => readonly HistoryEntry[];
  /** Calls back for each announcement of a node from now on; the returned function ends it. */
  onEvent(listener: (node: NodeName, event: NodeEvent) => void): () => void;
  /** Calls back for each entry of the history from now on; the returned function ends it. */
  onEntry(listener: (entry: HistoryEntry) => void): () => void;
}
