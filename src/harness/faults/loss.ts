import { z } from 'zod';
import { directionNames, nodeNames, share } from '../../contract/parameters.ts';
import type { LossWitness, NodeName } from '../topology/topology.ts';
import { type Fault, injectAll } from './fault.ts';

const parameters = z.strictObject({
  link: nodeNames,
  direction: directionNames.default(['up', 'down']),
  share,
});

/** Each packet of the links is lost on its way with probability `share`; TCP repairs it and the node sees stalls. */
export const loss: Fault<z.output<typeof parameters>> = {
  kind: 'loss',
  about: 'Each packet is lost with the given probability. TCP sends it again, the victim sees stalls and slowness.',
  parameters,
  abilities: ['lose'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, share }) {
    const read = () => Promise.all(link.map((node) => topology.link(node).lossWitness()));
    const before = await read();
    const parts = link.flatMap((node) =>
      direction.map((way) => () => topology.link(node).lose({ direction: way, share })),
    );
    return {
      heal: await injectAll(parts),
      witness: async () => ({ loss: growth(link, before, await read()) }),
    };
  },
};

/** What the counters grew by while the fault was on, summed and for each link. */
function growth(links: readonly NodeName[], before: readonly LossWitness[], after: readonly LossWitness[]) {
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
}
