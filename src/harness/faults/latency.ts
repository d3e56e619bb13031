import { z } from 'zod';
import { directionNames, duration, nodeNames, stepsOf } from '../../contract/parameters.ts';
import { adjustAll } from './adjust-all.ts';
import { eachWay } from './each-way.ts';
import type { Fault } from './fault.ts';
import { inForce } from './in-force.ts';

const parameters = z.strictObject({
  link: nodeNames,
  direction: directionNames.default(['up', 'down']),
  delay: duration,
  jitter: duration.default(0),
  /** The delays that a sweep takes instead, once each. */
  swept: stepsOf(duration).optional(),
});

/** Every byte of the links arrives `delay` ± `jitter` late. Order is kept, nothing is lost. */
export const latency: Fault<z.output<typeof parameters>> = {
  kind: 'latency',
  about: 'Every byte arrives late by the delay, give or take the jitter. Order is kept, nothing is lost.',
  parameters,
  abilities: ['delay'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, delay, jitter }) {
    const shape = { delayMs: delay, jitterMs: jitter };
    const parts = eachWay(link, direction).map(
      ({ node, way }) =>
        () =>
          topology.link(node).delay({ direction: way, ...shape }),
    );
    return { heal: (await adjustAll(parts)).heal, witness: async () => ({ latency: await inForce(topology, link) }) };
  },
  points: ({ swept = [], ...written }) => swept.map((delay) => ({ ...written, delay })),
};
