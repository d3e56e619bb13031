import type { NodeEvent } from '../../contract/control.ts';
import type { RelayStats } from '../../contract/relay-stats.ts';
import { Prng } from '../../support/prng.ts';
import { VirtualClock } from '../simulator/virtual-clock.ts';
import type { Topology } from '../topology/topology.ts';
import { openContext } from './trial-context.ts';

/** A trial with one node, made of what relay and node say at a time in ms; it keeps when the node was asked. */
export function askedNode(says: {
  readonly pending?: (nowMs: number) => number;
  readonly vector?: (nowMs: number) => string;
  /** Frames the relay has read; null: it has no statistics. */
  readonly frames: (nowMs: number) => number | null;
}) {
  const time = new VirtualClock({ startWallMs: 0, eventsMax: 10_000 });
  const askedAtMs: number[] = [];
  const stats = async () => {
    const framesIn = says.frames(time.nowMs);
    const silent = { framesOut: 0, heartbeatsIn: 0, heartbeatsOut: 0, sessions: [], groups: [] };
    return framesIn === null ? null : ({ ...silent, framesIn } as unknown as RelayStats);
  };
  const request = async () => {
    askedAtMs.push(time.nowMs);
    const value = { pending: says.pending?.(time.nowMs) ?? 0, cursor: 0, vector: says.vector?.(time.nowMs) ?? '' };
    return { outcome: 'ok', value };
  };
  const topology = {
    nodes: ['node-a'],
    clock: time.harness,
    relay: { stats },
    node: () => ({ request }),
    link: () => ({ witness: async () => ({ bytesUp: 0, bytesDown: 0 }) }),
  } as unknown as Topology;
  const context = openContext(topology, { prng: new Prng('asked node'), armed: true, iteration: 0 });
  /** The node announces something. */
  const announce = () => {
    for (const listener of context.facts.listeners) listener('node-a', { event: 'acked' } as NodeEvent);
  };
  return { context, askedAtMs, announce, stop: () => time.stop() };
}
