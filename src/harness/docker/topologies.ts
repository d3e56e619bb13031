/** What this arena has a Compose file for. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ScenarioError } from '../../support/errors.ts';
import type { NodeName } from '../topology/topology.ts';

export interface DockerTopology {
  readonly name: string;
  readonly nodes: readonly NodeName[];
  readonly hasTap: boolean;
}

export const composeFolder = resolve(import.meta.dirname, '../../../compose');

const pair = ['node-a', 'node-b'];

export const dockerTopologies: readonly DockerTopology[] = [
  { name: 'pair', nodes: pair, hasTap: false },
  { name: 'mitm', nodes: pair, hasTap: true },
  { name: 'trio', nodes: [...pair, 'node-c'], hasTap: false },
  { name: 'four-authors', nodes: [...pair, 'node-c', 'node-d'], hasTap: false },
  { name: 'five', nodes: [...pair, 'node-c', 'node-d', 'node-e'], hasTap: false },
];

export function dockerTopology(name: string): DockerTopology {
  const found = dockerTopologies.find((topology) => topology.name === name);
  if (found !== undefined && existsSync(join(composeFolder, `${name}.yml`))) return found;
  const known = dockerTopologies.map((topology) => JSON.stringify(topology.name)).join(', ');
  throw new ScenarioError(`topology: expected one of ${known} in the docker arena, got ${JSON.stringify(name)}`);
}
