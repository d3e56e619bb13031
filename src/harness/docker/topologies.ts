/** What this arena has a Compose file for. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ScenarioError } from '../../support/errors.ts';
import type { NodeName } from '../topology/topology.ts';

export interface DockerTopology {
  readonly name: string;
  readonly nodes: readonly NodeName[];
  readonly hasTap: boolean;
  /** The one network namespace, with one address, that all nodes live in; null: each has its own, of its own name. */
  readonly sharedMachine: string | null;
}

export const composeFolder = resolve(import.meta.dirname, '../../../compose');

const nodesAtoT = Array.from({ length: 20 }, (_, index) => `node-${String.fromCharCode(97 + index)}`);

export const dockerTopologies: readonly DockerTopology[] = [
  topologyOf('pair', 2),
  topologyOf('mitm', 2, { hasTap: true }),
  topologyOf('trio', 3),
  topologyOf('four-authors', 4),
  topologyOf('five', 5),
  topologyOf('swarm-lite', 20, { sharedMachine: 'swarm' }),
];

function topologyOf(name: string, nodeCount: number, others: Partial<DockerTopology> = {}): DockerTopology {
  return { name, nodes: nodesAtoT.slice(0, nodeCount), hasTap: false, sharedMachine: null, ...others };
}

/** The network namespaces that nodes live in. */
export function machinesOf({ nodes, sharedMachine }: DockerTopology): readonly string[] {
  return sharedMachine === null ? nodes : [sharedMachine];
}

export function dockerTopology(name: string): DockerTopology {
  const found = dockerTopologies.find((topology) => topology.name === name);
  if (found !== undefined && existsSync(join(composeFolder, `${name}.yml`))) return found;
  const known = dockerTopologies.map((topology) => JSON.stringify(topology.name)).join(', ');
  throw new ScenarioError(`topology: expected one of ${known} in the docker arena, got ${JSON.stringify(name)}`);
}
