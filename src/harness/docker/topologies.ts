/** What this arena has a Compose file for. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ScenarioError } from '../../support/errors.ts';
import { nodesOf } from '../topology/node-names.ts';
import type { NodeName } from '../topology/topology.ts';

export interface DockerTopology {
  readonly name: string;
  readonly nodes: readonly NodeName[];
  readonly hasTap: boolean;
  /** The one network namespace, with one address, that all nodes live in; null: each has its own, of its own name. */
  readonly sharedMachine: string | null;
}

export const composeFolder = resolve(import.meta.dirname, '../../../compose');

export const dockerTopologies: readonly DockerTopology[] = [
  topologyOf('pair'),
  topologyOf('mitm', { hasTap: true }),
  topologyOf('trio'),
  topologyOf('four-authors'),
  topologyOf('five'),
  topologyOf('swarm-lite', { sharedMachine: 'swarm' }),
];

function topologyOf(name: string, others: Partial<DockerTopology> = {}): DockerTopology {
  return { name, nodes: nodesOf(name)!, hasTap: false, sharedMachine: null, ...others };
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
