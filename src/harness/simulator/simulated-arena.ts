import type { Capability } from '../../contract/capabilities.ts';
import { ScenarioError } from '../../support/errors.ts';
import { readTomlFile } from '../../sut/io/toml-file.ts';
import { parseRelayConfig, type RelayConfig } from '../../sut/relay/config.ts';
import { nodesOf } from '../topology/node-names.ts';
import type { Arena, LinkAbility, StageOptions, Topology } from '../topology/topology.ts';
import { type SimulatedShape, SimulatedTopology } from './simulated-topology.ts';
import { systemChanges } from './system-changes.ts';

export interface SimulatorOptions {
  /** Awaited before each stage is opened: a trial never lets the event loop turn, and signals wait for that. */
  readonly betweenStages?: () => Promise<void>;
}

/** What the simulator can stand in for; everything else needs containers. */
export const simulatedShapes: readonly SimulatedShape[] = [
  shapeOfNodes('pair'),
  shapeOfNodes('mitm', true),
  shapeOfNodes('trio'),
  shapeOfNodes('four-authors'),
  shapeOfNodes('five'),
  shapeOfNodes('swarm-lite'),
];

function shapeOfNodes(name: string, hasTap = false): SimulatedShape {
  return { name, nodes: nodesOf(name)!, hasTap };
}

const shapeNames = [...simulatedShapes.map(({ name }) => name), 'swarm-2 to swarm-200'].join(', ');

/** Null: there is none of this name. A crowd of any number of nodes, more than a machine carries as containers. */
function shapeNamed(topology: string): SimulatedShape | null {
  if (/^swarm-\d+$/.test(topology) && nodesOf(topology) !== null) return shapeOfNodes(topology);
  return simulatedShapes.find(({ name }) => name === topology) ?? null;
}

/** What the reference can, as its manifest says; without hooks its release image. */
export const referenceCan: readonly Capability[] = [
  'live',
  'sealed',
  'ack-relay',
  'outbox',
  'delete',
  'cursor',
  'vector',
  'outstanding',
  'stats',
  'rows',
  'handshake',
  'hooks',
  'pages',
  'log-events',
  'page',
  'codec',
  'stream',
];

/** The simulator for one run. Stages cost about a millisecond and share nothing. */
export async function openSimulator({ betweenStages }: SimulatorOptions = {}): Promise<Arena> {
  const open = new Set<Topology>();
  const configs = new Map<string, RelayConfig>();
  return {
    name: 'simulator',
    about: 'simulator: the reference relay and node in this process, on virtual time, every draw from the seed',
    facts: {
      node: process.version,
      sqlite: process.versions.sqlite,
      openssl: process.versions.openssl,
      topologies: shapeNames,
    },

    cannot(ability: LinkAbility, topology: string): string | null {
      const shape = shapeNamed(topology);
      if (shape === null) return `the simulator offers the topologies ${shapeNames}`;
      return ability === 'tap' && !shape.hasTap ? `the topology ${topology} has no tap` : null;
    },

    canOf,

    async openStage(options: StageOptions): Promise<Topology> {
      await betweenStages?.();
      const topology = await SimulatedTopology.open({
        shape: shapeOf(options.topology),
        seed: options.seed,
        relayConfig: configOf(configs, options.profile),
        changes: systemChanges(options),
        can: canOf(options.image),
      });
      open.add(topology);
      // One that has stopped is forgotten: a long run opens thousands, each with its captures and logs.
      const stop = topology.stop.bind(topology);
      topology.stop = () => {
        open.delete(topology);
        return stop();
      };
      return topology;
    },

    async close(): Promise<void> {
      for (const topology of open) await topology.stop();
    },
  };
}

function canOf(image: StageOptions['image']): readonly Capability[] {
  return image === 'test' ? referenceCan : referenceCan.filter((can) => can !== 'hooks');
}

function shapeOf(topology: string): SimulatedShape {
  const shape = shapeNamed(topology);
  if (shape !== null) return shape;
  throw new ScenarioError(`topology: the simulator offers ${shapeNames}; got ${JSON.stringify(topology)}`);
}

/** The relay's limits, from the same file that its container is started with. */
function configOf(known: Map<string, RelayConfig>, profile: string): RelayConfig {
  let config = known.get(profile);
  if (config === undefined) {
    const path = `${import.meta.dirname}/../../../systems/reference/relay-${profile}.toml`;
    config = parseRelayConfig(path, readTomlFile(path));
    known.set(profile, config);
  }
  return config;
}
