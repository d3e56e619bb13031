import type { z } from 'zod';
import type { Clock } from '../../support/clock.ts';
import type { Prng } from '../../support/prng.ts';
import type { History, LoadPart } from '../history/history.ts';
import type { Answered, NodeName, Topology } from '../topology/topology.ts';
import type { WatchedTrial } from '../triggers/trigger.ts';

/** One step of a load: something the nodes are asked to do. The file's name is the export's name is the name in YAML. */
export interface Step<Parameters = unknown> {
  readonly name: string;
  /** What happens, for `chaos show` and the reference table. */
  readonly about: string;
  readonly parameters: z.ZodType<Parameters>;
  /**
   * Runs the step to its end. Operations that fail or stay unknown are recorded, not thrown; what is thrown is a
   * failure of the tester or the world.
   */
  run(load: Load, parameters: Parameters): Promise<void>;
  /** Every form in which a sweep runs the step, as parameters of its own. */
  points?(parameters: Parameters): readonly Parameters[];
}

/** What a step works with. Every operation goes through `operate…` so that the history has it. */
export interface Load {
  readonly topology: Topology;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly history: History;
  /** The step's own place in the load, such as `load[1].push`; operations are recorded under it. */
  readonly part: LoadPart;
  /** False under `--disarm`: where the load itself is the fault, the step runs its harmless form. */
  readonly armed: boolean;
  /** The trial's group, as the relay's statistics name it. */
  readonly group: string;
  /** Device ids by node, as the relay's statistics name them. */
  readonly devices: Readonly<Record<NodeName, string>>;
  /** For triggers that the load itself waits for. */
  readonly watched: WatchedTrial;
  push(node: NodeName, options: PushOptions): Promise<Answered<'push'>>;
  /** One pull up to the relay's head. */
  pull(node: NodeName): Promise<Answered<'pull'>>;
  /** One heartbeat with its answer. */
  ping(node: NodeName): Promise<Answered<'ping'>>;
  delete(node: NodeName, item: string): Promise<Answered<'delete'>>;
  connect(node: NodeName): Promise<void>;
  disconnect(node: NodeName): Promise<void>;
  /** Waits until the node has announced that it is connected; false when the time runs out (recorded). */
  connected(node: NodeName, timeoutMs: number): Promise<boolean>;
  /** Waits until the relay has acknowledged the items to their node; false when the time runs out (recorded). */
  acknowledged(node: NodeName, items: readonly string[], timeoutMs: number): Promise<boolean>;
  /** Waits until every node announced every item that was accepted so far; false when the time runs out (recorded). */
  delivered(timeoutMs: number): Promise<boolean>;
  /** Ends a fault by its place in the variant's list; false when it has not been injected. */
  heal(fault: number): Promise<boolean>;
  /** Records that an effect of a fault was waited for in vain: a proof is missing. */
  gaveUp(waitedFor: string, lastSeen: unknown): void;
}

export interface PushOptions {
  readonly bytes: number;
  readonly until?: 'local' | 'relay';
  readonly deadlineMs?: number;
  /** Of a barrier. */
  readonly round?: number;
}
