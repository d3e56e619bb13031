import type { Direction } from '../../contract/tap.ts';
import type { LinkWitness } from '../history/collected.ts';
import type { Heal, Link, LossWitness, NodeName } from '../topology/topology.ts';
import type { Addresses } from './addresses.ts';
import type { LinkBytes } from './link-bytes.ts';
import type { Shaper } from './shaper.ts';
import { once, type ToxiproxyServer } from './toxiproxy-server.ts';

export interface LinkParts {
  readonly toxiproxy: ToxiproxyServer;
  /** In Toxiproxy's namespace, where the packets of `up` arrive; shared by all links. */
  readonly proxyShaper: Shaper;
  /** In the node's namespace, where the packets of `down` arrive. */
  readonly nodeShaper: Shaper;
  readonly addresses: Addresses;
  /** Of all links at once. */
  readonly readBytes: () => Promise<ReadonlyMap<NodeName, LinkBytes>>;
}

interface LossInForce {
  readonly direction: Direction;
  readonly shaper: Shaper;
  readonly name: string;
}

/** The path from a node through its own Toxiproxy proxy to the relay. */
export class DockerLink implements Link {
  readonly node: NodeName;
  readonly #parts: LinkParts;
  #losses: LossInForce[] = [];
  #bytesAtStart: LinkBytes = { bytesUp: 0, bytesDown: 0 };
  #retransmittedAtStart = { node: 0, proxy: 0 };
  /** All links of the stage: what Toxiproxy's namespace sends again is shared among them. */
  readonly #siblings: () => readonly DockerLink[];

  constructor(node: NodeName, parts: LinkParts, siblings: () => readonly DockerLink[]) {
    this.node = node;
    this.#parts = parts;
    this.#siblings = siblings;
  }

  /** Counters count from here. */
  async beginTrial(carried: ReadonlyMap<NodeName, LinkBytes>, proxyRetransmitted: number): Promise<void> {
    this.#losses = [];
    this.#bytesAtStart = carried.get(this.node) ?? { bytesUp: 0, bytesDown: 0 };
    this.#retransmittedAtStart = { node: await this.#parts.nodeShaper.retransmitted(), proxy: proxyRetransmitted };
  }

  delay(shape: { readonly direction: Direction; readonly delayMs: number; readonly jitterMs: number }): Promise<Heal> {
    const { direction, delayMs, jitterMs } = shape;
    const attributes = { latency: delayMs, jitter: jitterMs };
    return this.#parts.toxiproxy.addToxic(this.node, { type: 'latency', direction, attributes });
  }

  async cut(): Promise<Heal> {
    const { toxiproxy } = this.#parts;
    await toxiproxy.setEnabled(this.node, false);
    return once(() => toxiproxy.setEnabled(this.node, true));
  }

  limitBytes({ direction, bytes }: { readonly direction: Direction; readonly bytes: number }): Promise<Heal> {
    return this.#parts.toxiproxy.addToxic(this.node, { type: 'limit_data', direction, attributes: { bytes } });
  }

  async lose({ direction, share }: { readonly direction: Direction; readonly share: number }): Promise<Heal> {
    const { nodeShaper, proxyShaper, addresses } = this.#parts;
    const [shaper, from, side] =
      direction === 'up'
        ? ([proxyShaper, addresses.ofNode(this.node), 'destination'] as const)
        : ([nodeShaper, addresses.toxiproxy, 'source'] as const);
    const name = await shaper.addLoss({ from, share, port: { side, number: addresses.proxyPort(this.node) } });
    this.#losses.push({ direction, shaper, name });
    return once(() => shaper.removeLoss(name));
  }

  async lossWitness(): Promise<LossWitness> {
    const { nodeShaper, proxyShaper } = this.#parts;
    const [seen, droppedDown, droppedDownOfAll, byNode, byProxy] = await Promise.all([
      this.#count(),
      this.droppedDown(),
      Promise.all(this.#siblings().map((link) => link.droppedDown())),
      nodeShaper.retransmitted(),
      proxyShaper.retransmitted(),
    ]);
    const allDroppedDown = droppedDownOfAll.reduce((sum, dropped) => sum + dropped, 0);
    // Toxiproxy sends for every link from one namespace: its count is shared by what each link lost on the way down.
    const proxyShare = allDroppedDown === 0 ? 0 : droppedDown / allDroppedDown;
    const fromNode = byNode - this.#retransmittedAtStart.node;
    const fromProxy = byProxy - this.#retransmittedAtStart.proxy;
    return { ...seen, segmentsRetransmitted: fromNode + Math.floor(fromProxy * proxyShare) };
  }

  async witness(): Promise<LinkWitness> {
    return this.witnessFrom(await this.#parts.readBytes());
  }

  /** The same, from counters that were read for all links at once. */
  witnessFrom(carried: ReadonlyMap<NodeName, LinkBytes>): LinkWitness {
    const now = carried.get(this.node) ?? this.#bytesAtStart;
    return {
      bytesUp: now.bytesUp - this.#bytesAtStart.bytesUp,
      bytesDown: now.bytesDown - this.#bytesAtStart.bytesDown,
      connections: null,
    };
  }

  async droppedDown(): Promise<number> {
    const counts = await Promise.all(
      this.#losses.filter(({ direction }) => direction === 'down').map(({ shaper, name }) => shaper.count(name)),
    );
    return counts.reduce((sum, { packetsDropped }) => sum + packetsDropped, 0);
  }

  async #count(): Promise<Omit<LossWitness, 'segmentsRetransmitted'>> {
    const counts = await Promise.all(this.#losses.map(({ shaper, name }) => shaper.count(name)));
    return {
      packetsSeen: counts.reduce((sum, { packetsSeen }) => sum + packetsSeen, 0),
      packetsDropped: counts.reduce((sum, { packetsDropped }) => sum + packetsDropped, 0),
    };
  }
}
