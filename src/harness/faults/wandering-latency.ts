import { z } from 'zod';
import { directionNames, duration, nodeNames } from '../../contract/parameters.ts';
import type { Prng } from '../../support/prng.ts';
import type { Adjustable, Delay } from '../topology/topology.ts';
import { eachWay } from './each-way.ts';
import { type Fault, healAll, injectAll } from './fault.ts';
import { inForce } from './in-force.ts';
import { timetable } from './timetable.ts';

const parameters = z
  .strictObject({
    link: nodeNames,
    direction: directionNames.default(['up', 'down']),
    min: duration,
    max: duration,
    every: duration,
  })
  .refine(({ min, max }) => max >= min, { error: '`max` at least as long as `min`' });

/** Each direction's delay is drawn anew every so often, under way. Order is kept, nothing is lost. */
export const wanderingLatency: Fault<z.output<typeof parameters>> = {
  kind: 'wandering-latency',
  about:
    'The delay of each direction is drawn anew every so often, between two bounds. Order is kept, nothing is lost.',
  parameters,
  abilities: ['delay'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, min, max, every }, prng) {
    const draw = () => drawn(prng, min, max);
    const delays: Adjustable<Delay>[] = [];
    const heal = await injectAll(
      eachWay(link, direction).map(({ node, way }) => async () => {
        const delay = await topology.link(node).delay({ direction: way, ...draw() });
        delays.push(delay);
        return delay.heal;
      }),
    );
    let changes = 0;
    const stop = timetable(topology.clock, every, async () => {
      await Promise.all(
        delays.map(async (delay) => {
          await delay.change(draw());
          changes += 1;
        }),
      );
      return every;
    });
    return {
      heal: healAll([heal, stop]),
      witness: async () => ({ 'wandering-latency': { changes, inForce: await inForce(topology, link) } }),
    };
  },
};

/** Whole milliseconds, both bounds among them. */
function drawn(prng: Prng, min: number, max: number): Delay {
  return { delayMs: min + prng.below(max - min + 1), jitterMs: 0 };
}
