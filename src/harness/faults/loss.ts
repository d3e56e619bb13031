import { z } from 'zod';
import { directionNames, nodeNames, share } from '../../contract/parameters.ts';
import { adjustAll } from './adjust-all.ts';
import { eachWay } from './each-way.ts';
import { type Fault, healAll } from './fault.ts';
import { lossGrowth } from './loss-growth.ts';
import { lossMinutes } from './loss-minutes.ts';

const parameters = z.strictObject({
  link: nodeNames,
  direction: directionNames.default(['up', 'down']),
  share,
  /** How likely a packet shares the fate of the one before it, so that losses come in runs. */
  correlation: share.optional(),
});

/**
 * Each packet of the links is lost on its way with probability `share`; TCP repairs it and the node sees stalls. With a
 * `correlation` as many are lost, more of them in a row.
 */
export const loss: Fault<z.output<typeof parameters>> = {
  kind: 'loss',
  about: 'Each packet is lost with the given probability. TCP sends it again, the victim sees stalls and slowness.',
  parameters,
  abilities: ['lose'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, share, correlation }) {
    const growth = await lossGrowth(topology, link);
    const parts = eachWay(link, direction).map(
      ({ node, way }) =>
        () =>
          topology.link(node).lose({ direction: way, share, ...(correlation === undefined ? {} : { correlation }) }),
    );
    const { heal } = await adjustAll(parts);
    const minutes = lossMinutes(topology.clock, growth);
    return {
      heal: healAll([heal, minutes.stop]),
      witness: async () => ({ loss: { minutes: await minutes.all(), ...(await growth()) } }),
    };
  },
};
