import type { NodeEvent, NodeState } from '../../contract/control.ts';
import type { Clock } from '../../support/clock.ts';
import type { Prng } from '../../support/prng.ts';
import { History } from '../history/history.ts';
import type { NodeName, Topology } from '../topology/topology.ts';
import { Canaries } from './canaries.ts';

/** What the parts of one running trial share. */
export interface TrialContext {
  readonly topology: Topology;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly history: History;
  readonly canaries: Canaries;
  readonly armed: boolean;
  readonly iteration: number;
  readonly facts: TrialFacts;
}

/** What becomes known on the way. */
export interface TrialFacts {
  group: string;
  readonly devices: Record<NodeName, string>;
  /** Items the relay has acknowledged, by node: from the nodes' events. */
  readonly acknowledged: Map<NodeName, Set<string>>;
  /** Items each node has announced as received, by node. */
  readonly received: Map<NodeName, Set<string>>;
  /** Last state each node announced. */
  readonly states: Map<NodeName, NodeState>;
  /** Last vector recorded for each node. */
  readonly vectors: Map<NodeName, string>;
  readonly listeners: Set<(node: NodeName, event: NodeEvent) => void>;
}

/** A trial that begins: nothing is known of it yet. */
export function openContext(
  topology: Topology,
  { prng, armed, iteration }: Pick<TrialContext, 'prng' | 'armed' | 'iteration'>,
): TrialContext {
  return {
    topology,
    clock: topology.clock,
    prng,
    history: new History(topology.clock),
    canaries: new Canaries(prng.fork('canaries'), topology.nodes),
    armed,
    iteration,
    facts: {
      group: '',
      devices: {},
      acknowledged: new Map(),
      received: new Map(),
      states: new Map(),
      vectors: new Map(),
      listeners: new Set(),
    },
  };
}
