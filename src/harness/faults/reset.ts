import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import { type Fault, injectAll } from './fault.ts';
import { inForce } from './in-force.ts';

const parameters = z.strictObject({ link: nodeNames });

/** Open connections are reset, and each new one as soon as something is said on it, until it is over. */
export const reset: Fault<z.output<typeof parameters>> = {
  kind: 'reset',
  about: 'Connections are reset: open ones at once, new ones with their first bytes, until it is over.',
  parameters,
  abilities: ['reset'],
  linksOf: ({ link }) => link,
  async inject(topology, { link }) {
    const parts = link.map((node) => () => topology.link(node).reset());
    return { heal: await injectAll(parts), witness: async () => ({ reset: await inForce(topology, link) }) };
  },
};
