import { z } from 'zod';
import { directionNames, duration, nodeNames } from '../../contract/parameters.ts';
import { type Fault, injectAll } from './fault.ts';

const parameters = z.strictObject({
  link: nodeNames,
  direction: directionNames.default(['up', 'down']),
  delay: duration,
  jitter: duration.default(0),
});

/** Every byte of the links arrives `delay` ± `jitter` late. Order is kept, nothing is lost. */
export const latency: Fault<z.output<typeof parameters>> = {
  kind: 'latency',
  about: 'Every byte arrives late by the delay, give or take the jitter. Order is kept, nothing is lost.',
  parameters,
  abilities: ['delay'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, delay, jitter }) {
    const parts = link.flatMap((node) =>
      direction.map((way) => () => topology.link(node).delay({ direction: way, delayMs: delay, jitterMs: jitter })),
    );
    return { heal: await injectAll(parts) };
  },
};
