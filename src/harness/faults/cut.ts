import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import { type Fault, injectAll } from './fault.ts';
import { inForce } from './in-force.ts';

const parameters = z.strictObject({ link: nodeNames });

/** Open connections end, new ones are refused, until it is over. What was on its way is lost. */
export const cut: Fault<z.output<typeof parameters>> = {
  kind: 'cut',
  about: 'Open connections end and new ones are refused until it is over. What was on its way is lost.',
  parameters,
  abilities: ['cut'],
  linksOf: ({ link }) => link,
  async inject(topology, { link }) {
    const parts = link.map((node) => () => topology.link(node).cut());
    return { heal: await injectAll(parts), witness: async () => ({ cut: await inForce(topology, link) }) };
  },
};
