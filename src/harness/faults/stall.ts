import { z } from 'zod';
import { directionNames, nodeNames } from '../../contract/parameters.ts';
import { eachWay } from './each-way.ts';
import { type Fault, injectAll } from './fault.ts';
import { inForce } from './in-force.ts';

const parameters = z.strictObject({ link: nodeNames, direction: directionNames.default(['up', 'down']) });

/**
 * Bytes are acknowledged by the network and go nowhere; connections stay open and new ones are made. Healing closes
 * them, since what was swallowed is gone for good.
 */
export const stall: Fault<z.output<typeof parameters>> = {
  kind: 'stall',
  about: 'Bytes are taken and never arrive, the connection stays open. When it is over the connection is closed.',
  parameters,
  abilities: ['stall'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction }) {
    const parts = eachWay(link, direction).map(
      ({ node, way }) =>
        () =>
          topology.link(node).stall({ direction: way }),
    );
    return { heal: await injectAll(parts), witness: async () => ({ stall: await inForce(topology, link) }) };
  },
};
