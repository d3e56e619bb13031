import type { LossWitness, NodeName, Topology } from '../topology/topology.ts';

/** What a fault's links lost, summed and for each link. */
export interface LossGrowth extends LossWitness {
  readonly links: readonly ({ readonly link: NodeName } & LossWitness)[];
}

/** Reads the counters of the links now; the returned function tells what they grew by since. */
export async function lossGrowth(topology: Topology, links: readonly NodeName[]): Promise<() => Promise<LossGrowth>> {
  const read = () => Promise.all(links.map((node) => topology.link(node).lossWitness()));
  const before = await read();
  return async () => {
    const after = await read();
    const perLink = links.map((link, index) => ({
      link,
      packetsSeen: after[index]!.packetsSeen - before[index]!.packetsSeen,
      packetsDropped: after[index]!.packetsDropped - before[index]!.packetsDropped,
      segmentsRetransmitted: after[index]!.segmentsRetransmitted - before[index]!.segmentsRetransmitted,
    }));
    const sum = (field: keyof LossWitness) => perLink.reduce((total, one) => total + one[field], 0);
    return {
      packetsSeen: sum('packetsSeen'),
      packetsDropped: sum('packetsDropped'),
      segmentsRetransmitted: sum('segmentsRetransmitted'),
      links: perLink,
    };
  };
}
