/** The fixed addresses of a stage: what the Compose files say, for the subnets a stage was given. */
import type { NodeName } from '../topology/topology.ts';
import type { DockerTopology } from './topologies.ts';

/** First three numbers of a stage's two /24 networks, such as `10.222.0`. */
export interface StageSubnets {
  readonly data: string;
  readonly control: string;
}

const firstProxyPort = 7001;
const firstNodeHost = 11;

export class Addresses {
  readonly #subnets: StageSubnets;
  readonly #nodes: readonly NodeName[];
  readonly #sharedMachine: string | null;
  readonly #relayPort: number;

  constructor(subnets: StageSubnets, topology: DockerTopology, relayPort: number) {
    this.#subnets = subnets;
    this.#nodes = topology.nodes;
    this.#sharedMachine = topology.sharedMachine;
    this.#relayPort = relayPort;
  }

  get toxiproxy(): string {
    return `${this.#subnets.data}.2`;
  }

  get relay(): string {
    return `${this.#subnets.data}.10`;
  }

  get toxiproxyApi(): string {
    return `http://${this.#subnets.control}.2:8474`;
  }

  get relayControl(): string {
    return `${this.#subnets.control}.10`;
  }

  ofNode(node: NodeName): string {
    return this.ofMachine(this.#sharedMachine ?? node);
  }

  /** Of a machine that nodes live on: its own, or that of its only node. */
  ofMachine(machine: string): string {
    const index = machine === this.#sharedMachine ? 0 : this.#indexOf(machine);
    return `${this.#subnets.data}.${firstNodeHost + index}`;
  }

  /** Who has which address in the data network. */
  get names(): ReadonlyMap<string, string> {
    const machines = this.#sharedMachine === null ? this.#nodes : [this.#sharedMachine];
    return new Map([
      [this.toxiproxy, 'toxiproxy'],
      [this.relay, 'relay'],
      ...machines.map((machine) => [this.ofMachine(machine), machine] as const),
    ]);
  }

  /** Where Toxiproxy listens for this node; in a topology with a tap also the tap's port for it. */
  proxyPort(node: NodeName): number {
    return firstProxyPort + this.#indexOf(node);
  }

  /** Where each node's proxy passes connections on to, by the names in Toxiproxy's hosts file. */
  upstreams(hasTap: boolean): ReadonlyMap<NodeName, string> {
    return new Map(
      this.#nodes.map((node) => [node, hasTap ? `tap:${this.proxyPort(node)}` : `relay:${this.#relayPort}`]),
    );
  }

  #indexOf(node: NodeName): number {
    return this.#nodes.indexOf(node);
  }
}
