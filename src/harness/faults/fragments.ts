import { z } from 'zod';
import { directionNames, duration, nodeNames } from '../../contract/parameters.ts';
import { eachWay } from './each-way.ts';
import { type Fault, injectAll } from './fault.ts';
import { inForce } from './in-force.ts';

const parameters = z.strictObject({
  link: nodeNames,
  direction: directionNames.default(['up', 'down']),
  /** Of a piece, on the average. */
  bytes: z.number().int().positive(),
  /** From one piece to the next. */
  apart: duration,
});

/** What is sent at once arrives in small pieces, cut anywhere. Order is kept, nothing is lost. */
export const fragments: Fault<z.output<typeof parameters>> = {
  kind: 'fragments',
  about: 'What is sent at once arrives in small pieces, cut anywhere. Order is kept, nothing is lost.',
  parameters,
  abilities: ['fragment'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, bytes, apart }) {
    const parts = eachWay(link, direction).map(
      ({ node, way }) =>
        () =>
          topology.link(node).fragment({ direction: way, bytes, apartMs: apart }),
    );
    return { heal: await injectAll(parts), witness: async () => ({ fragments: await inForce(topology, link) }) };
  },
};
