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
      ...ofEach((field) => after[index]![field] - before[index]![field]),
    }));
    return { ...ofEach((field) => perLink.reduce((total, one) => total + one[field], 0)), links: perLink };
  };
}

function ofEach(count: (field: keyof LossWitness) => number): LossWitness {
  return {
    packetsSeen: count('packetsSeen'),
    packetsDropped: count('packetsDropped'),
    droppedUp: count('droppedUp'),
    droppedDown: count('droppedDown'),
    runs: count('runs'),
    segmentsRetransmitted: count('segmentsRetransmitted'),
  };
}
