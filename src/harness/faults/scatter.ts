import { z } from 'zod';
import { directionNames, duration, nodeNames } from '../../contract/parameters.ts';
import { eachWay } from './each-way.ts';
import { type Fault, injectAll } from './fault.ts';
import { inForce } from './in-force.ts';

const parameters = z.strictObject({
  link: nodeNames,
  direction: directionNames.default(['up', 'down']),
  delay: duration,
  jitter: duration,
});

/** Every packet of the links takes a time of its own, so that one overtakes another. Nothing is lost. */
export const scatter: Fault<z.output<typeof parameters>> = {
  kind: 'scatter',
  about: 'Every packet is late by a time of its own, so that packets overtake each other. Nothing is lost.',
  parameters,
  abilities: ['scatter'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, delay, jitter }) {
    const parts = eachWay(link, direction).map(
      ({ node, way }) =>
        () =>
          topology.link(node).scatter({ direction: way, delayMs: delay, jitterMs: jitter }),
    );
    return { heal: await injectAll(parts), witness: async () => ({ scatter: await inForce(topology, link) }) };
  },
};
