import { z } from 'zod';
import { directionNames, duration, nodeNames } from '../../contract/parameters.ts';
import { eachWay } from './each-way.ts';
import { type Fault, injectAll } from './fault.ts';
import { inForce } from './in-force.ts';

const parameters = z.strictObject({
  link: nodeNames,
  direction: directionNames,
  delay: duration,
});

/** One side ends a connection, and the other believes in it for `delay` more. Bytes pass as before. */
export const holdClose: Fault<z.output<typeof parameters>> = {
  kind: 'hold-close',
  about: 'When the sender of the direction ends a connection, the other side hears of it only so much later.',
  parameters,
  abilities: ['hold-close'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, delay }) {
    const parts = eachWay(link, direction).map(
      ({ node, way }) =>
        () =>
          topology.link(node).holdClose({ direction: way, delayMs: delay }),
    );
    return { heal: await injectAll(parts), witness: async () => ({ 'hold-close': await inForce(topology, link) }) };
  },
};
