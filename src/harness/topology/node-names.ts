/** Which nodes each topology has: both arenas go by it, and whoever reads what a scenario names. */
import type { NodeName } from './topology.ts';

const nodeCounts: Readonly<Record<string, number>> = {
  pair: 2,
  mitm: 2,
  trio: 3,
  'four-authors': 4,
  five: 5,
  'swarm-lite': 20,
};

/** `node-a`, `node-b`, …, and `node-1`, `node-2`, … in a crowd of any number; null: no arena has such a topology. */
export function nodesOf(topology: string): readonly NodeName[] | null {
  const crowd = Number(/^swarm-(\d{1,3})$/.exec(topology)?.[1] ?? 0);
  if (crowd >= 2 && crowd <= 200) return Array.from({ length: crowd }, (_, index) => `node-${index + 1}`);
  if (!Object.hasOwn(nodeCounts, topology)) return null;
  return Array.from({ length: nodeCounts[topology]! }, (_, index) => `node-${String.fromCharCode(97 + index)}`);
}
