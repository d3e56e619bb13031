import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import { type Fault, injectAll } from './fault.ts';
import { inForce } from './in-force.ts';

const parameters = z.strictObject({
  link: nodeNames,
  /** Bytes a second that leave the node; 125 is 1 kbit/s. */
  rate: z.number().int().positive().default(125),
});

/** The node's machine sends next to nothing: whole packets, one after a long while. What comes in is not held up. */
export const starve: Fault<z.output<typeof parameters>> = {
  kind: 'starve',
  about: 'What the node sends leaves its machine at next to no rate, packet by packet. Nothing is closed or refused.',
  parameters,
  abilities: ['starve'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, rate }) {
    const parts = link.map((node) => () => topology.link(node).starve({ bytesPerSecond: rate }));
    return { heal: await injectAll(parts), witness: async () => ({ starve: await inForce(topology, link) }) };
  },
};
