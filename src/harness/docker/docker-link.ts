import type { ToxicAttributeTypes, ToxicType } from 'toxiproxy-node-client';
import { type Direction, directions } from '../../contract/tap.ts';
import { EnvironmentError } from '../../support/errors.ts';
import type { LinkWitness } from '../history/collected.ts';
import type {
  Adjustable,
  Delay,
  Fragments,
  Heal,
  InForce,
  Link,
  LinkAbility,
  Loss,
  LossWitness,
  NodeName,
  Rate,
} from '../topology/topology.ts';
import type { Addresses } from './addresses.ts';
import type { LinkBytes } from './link-bytes.ts';
import type { LossCount, Shaper } from './shaper.ts';
import { once, type ToxicState, type ToxiproxyServer } from './toxiproxy-server.ts';

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

interface ScatterInForce {
  readonly direction: Direction;
  readonly shaper: Shaper;
  readonly band: number;
  readonly measure: Delay;
}

interface LossInForce {
  readonly direction: Direction;
  readonly shaper: Shaper;
  readonly name: string;
  measure: Loss;
}

/** The path from a node through its own Toxiproxy proxy to the relay. */
export class DockerLink implements Link {
  readonly node: NodeName;
  readonly #parts: LinkParts;
  #losses: LossInForce[] = [];
  #scatters: ScatterInForce[] = [];
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
    this.#scatters = [];
    this.#bytesAtStart = carried.get(this.node) ?? { bytesUp: 0, bytesDown: 0 };
    this.#retransmittedAtStart = { node: await this.#parts.nodeShaper.retransmitted(), proxy: proxyRetransmitted };
  }

  async delay({ direction, ...delay }: { direction: Direction } & Delay): Promise<Adjustable<Delay>> {
    const attributes = ({ delayMs, jitterMs }: Delay) => ({ latency: delayMs, jitter: jitterMs });
    const toxic = await this.#addToxic({ type: 'latency', direction, attributes: attributes(delay) });
    return { heal: toxic.heal, change: (next) => toxic.change(attributes(next)) };
  }

  /** Where the packets leave: `up` from the node, `down` from Toxiproxy. */
  async scatter({ direction, ...measure }: { direction: Direction } & Delay): Promise<Heal> {
    const { nodeShaper, proxyShaper, addresses } = this.#parts;
    const [shaper, side] =
      direction === 'up' ? ([nodeShaper, 'destination'] as const) : ([proxyShaper, 'source'] as const);
    const band = await shaper.scatter({ port: { side, number: addresses.proxyPort(this.node) }, ...measure });
    this.#scatters.push({ direction, shaper, band, measure });
    return once(() => shaper.gather(band));
  }

  async throttle({ direction, ...rate }: { direction: Direction } & Rate): Promise<Adjustable<Rate>> {
    const attributes = ({ bytesPerSecond }: Rate) => ({ rate: kilobytes(bytesPerSecond) });
    const toxic = await this.#addToxic({ type: 'bandwidth', direction, attributes: attributes(rate) });
    return { heal: toxic.heal, change: (next) => toxic.change(attributes(next)) };
  }

  async stall({ direction }: { direction: Direction }): Promise<Heal> {
    return (await this.#addToxic({ type: 'timeout', direction, attributes: { timeout: 0 } })).heal;
  }

  /**
   * The toxic resets only connections that were made after it; the kernel ends the others, before, and those made
   * meanwhile, after. Toxiproxy then closes its other socket of each in order.
   */
  async reset(): Promise<Heal> {
    const { proxyShaper, addresses } = this.#parts;
    const port = addresses.proxyPort(this.node);
    // Not those towards a tap, which have the link's port as well: Toxiproxy would close the node's in order on seeing that.
    const resetOpen = () => proxyShaper.resetConnections(`( sport = :${port} )`);
    const heals: Heal[] = [];
    const heal = once(async () => {
      for (const each of heals) await each();
    });
    try {
      await resetOpen();
      for (const direction of directions) {
        heals.push((await this.#addToxic({ type: 'reset_peer', direction, attributes: { timeout: 0 } })).heal);
      }
      await resetOpen();
      return heal;
    } catch (error) {
      await heal().catch(() => undefined); // The first failure explains more than the second.
      throw error;
    }
  }

  async holdClose({ direction, delayMs }: { direction: Direction; delayMs: number }): Promise<Heal> {
    return (await this.#addToxic({ type: 'slow_close', direction, attributes: { delay: delayMs } })).heal;
  }

  /** The proxy halves what it has until it is small; a variation any larger makes it cut outside of that, none ends it. */
  async fragment({ direction, bytes, apartMs }: { direction: Direction } & Fragments): Promise<Heal> {
    const attributes = { average_size: bytes, size_variation: Math.max(1, bytes - 2), delay: 1000 * apartMs };
    return (await this.#addToxic({ type: 'slicer', direction, attributes })).heal;
  }

  async cut(): Promise<Heal> {
    const { toxiproxy } = this.#parts;
    await toxiproxy.setEnabled(this.node, false);
    return once(() => toxiproxy.setEnabled(this.node, true));
  }

  async limitBytes({ direction, bytes }: { direction: Direction; bytes: number }): Promise<Heal> {
    return (await this.#addToxic({ type: 'limit_data', direction, attributes: { bytes } })).heal;
  }

  async lose({ direction, ...measure }: { direction: Direction } & Loss): Promise<Adjustable<Loss>> {
    const { nodeShaper, proxyShaper, addresses } = this.#parts;
    const [shaper, from, side] =
      direction === 'up'
        ? ([proxyShaper, addresses.ofNode(this.node), 'destination'] as const)
        : ([nodeShaper, addresses.toxiproxy, 'source'] as const);
    const rule = { from, port: { side, number: addresses.proxyPort(this.node) } };
    const name = await shaper.addLoss({ ...rule, ...measure });
    const loss: LossInForce = { direction, shaper, name, measure };
    this.#losses.push(loss);
    return {
      heal: once(() => shaper.removeLoss(name)),
      change: async (next) => {
        await shaper.changeLoss(name, { ...rule, ...next });
        loss.measure = next;
      },
    };
  }

  async starve({ bytesPerSecond }: Rate): Promise<Heal> {
    return once(await this.#parts.nodeShaper.holdEgress(bytesPerSecond));
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
    const droppedUp = seen.packetsDropped - droppedDown;
    return { ...seen, droppedUp, droppedDown, segmentsRetransmitted: fromNode + Math.floor(fromProxy * proxyShare) };
  }

  async witness(): Promise<LinkWitness> {
    return this.witnessFrom(await this.#parts.readBytes());
  }

  async inForce(): Promise<readonly InForce[]> {
    const { toxiproxy, nodeShaper, proxyShaper } = this.#parts;
    const [{ enabled, toxics }, rates, bandsAtNode, bandsAtProxy, ...named] = await Promise.all([
      toxiproxy.stateOf(this.node),
      nodeShaper.egressRates(),
      nodeShaper.scattered(),
      proxyShaper.scattered(),
      nodeShaper.losses(),
      proxyShaper.losses(),
    ]);
    const [atNode, atProxy] = named.map((names) => new Set(names));
    const losses = this.#losses.filter(({ shaper, name }) => (shaper === nodeShaper ? atNode : atProxy)!.has(name));
    const scatters = this.#scatters.filter(({ shaper, band }) =>
      (shaper === nodeShaper ? bandsAtNode : bandsAtProxy).includes(band),
    );
    return [
      ...(enabled ? [] : [{ ability: 'cut', direction: null, measure: {} } as const]),
      ...toxics.map(inForceOf),
      ...rates.map((bytesPerSecond) => ({ ability: 'starve', direction: 'up', measure: { bytesPerSecond } }) as const),
      ...scatters.map(
        ({ direction, measure }) => ({ ability: 'scatter', direction, measure: { ...measure } }) as const,
      ),
      ...losses.map(({ direction, measure }) => ({ ability: 'lose', direction, measure: { ...measure } }) as const),
    ];
  }

  #addToxic<Attributes extends ToxicAttributeTypes>(toxic: {
    readonly type: ToxicType;
    readonly direction: Direction;
    readonly attributes: Attributes;
  }): Promise<Adjustable<Attributes>> {
    return this.#parts.toxiproxy.addToxic(this.node, toxic);
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

  async #count(): Promise<LossCount> {
    const counts = await Promise.all(this.#losses.map(({ shaper, name }) => shaper.count(name)));
    return {
      packetsSeen: counts.reduce((sum, { packetsSeen }) => sum + packetsSeen, 0),
      packetsDropped: counts.reduce((sum, { packetsDropped }) => sum + packetsDropped, 0),
      runs: counts.reduce((sum, { runs }) => sum + runs, 0),
    };
  }
}

/** Toxiproxy counts in whole kilobytes of 1000 bytes, and takes 0 for no limit at all. */
function kilobytes(bytesPerSecond: number): number {
  if (bytesPerSecond >= 1000 && bytesPerSecond % 1000 === 0) return bytesPerSecond / 1000;
  throw new EnvironmentError(
    `throttling a link: expected a multiple of 1000 bytes a second, got ${bytesPerSecond}; below that use starve`,
  );
}

/** What each type of toxic is to us, and its attributes in our units. */
const toxicAbilities: Partial<
  Record<ToxicType, { readonly ability: LinkAbility; measure(of: ToxicState['attributes']): InForce['measure'] }>
> = {
  latency: { ability: 'delay', measure: ({ latency, jitter }) => ({ delayMs: latency!, jitterMs: jitter! }) },
  bandwidth: { ability: 'throttle', measure: ({ rate }) => ({ bytesPerSecond: 1000 * rate! }) },
  timeout: { ability: 'stall', measure: () => ({}) },
  reset_peer: { ability: 'reset', measure: () => ({}) },
  slicer: {
    ability: 'fragment',
    measure: ({ average_size: bytes, delay }) => ({ bytes: bytes!, apartMs: delay! / 1000 }),
  },
  slow_close: { ability: 'hold-close', measure: ({ delay }) => ({ delayMs: delay! }) },
  limit_data: { ability: 'limit-bytes', measure: ({ bytes }) => ({ bytes: bytes! }) },
};

function inForceOf({ name, type, stream, attributes }: ToxicState): InForce {
  const known = toxicAbilities[type];
  if (known === undefined) throw new EnvironmentError(`reading what is on a link: nobody ordered the toxic ${name}`);
  return {
    ability: known.ability,
    direction: stream === 'upstream' ? 'up' : 'down',
    measure: known.measure(attributes),
  };
}
