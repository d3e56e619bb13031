import { z } from 'zod';
import { directionNames, duration, nodeNames } from '../../contract/parameters.ts';
import { adjustAll } from './adjust-all.ts';
import { byteRate } from './byte-rate.ts';
import { eachWay } from './each-way.ts';
import { type Fault, healAll } from './fault.ts';
import { inForce } from './in-force.ts';
import { timetable } from './timetable.ts';

const parameters = z.strictObject({
  link: nodeNames,
  direction: directionNames.default(['up', 'down']),
  /** One after the other, and again from the first. */
  rates: z.array(byteRate).min(2),
  every: duration,
});

/** What each connection carries changes in steps, while its bytes are on their way; nothing is lost. */
export const bandwidthSteps: Fault<z.output<typeof parameters>> = {
  kind: 'bandwidth-steps',
  about:
    'What a connection carries changes every so often, from one rate to the next and round again. Nothing is lost.',
  parameters,
  abilities: ['throttle'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, rates, every }) {
    const rate = await adjustAll(
      eachWay(link, direction).map(
        ({ node, way }) =>
          () =>
            topology.link(node).throttle({ direction: way, bytesPerSecond: rates[0]! }),
      ),
    );
    /** Each change that was accepted, on all links and directions. */
    const changes: { readonly atMs: number; readonly bytesPerSecond: number }[] = [];
    const stop = timetable(topology.clock, every, async () => {
      const bytesPerSecond = rates[(changes.length + 1) % rates.length]!;
      await rate.change({ bytesPerSecond });
      changes.push({ atMs: topology.clock.wallMs(), bytesPerSecond });
      return every;
    });
    return {
      heal: healAll([rate.heal, stop]),
      witness: async () => ({ 'bandwidth-steps': { changes: [...changes], inForce: await inForce(topology, link) } }),
    };
  },
};
