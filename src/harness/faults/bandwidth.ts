import { z } from 'zod';
import { directionNames, nodeNames } from '../../contract/parameters.ts';
import { adjustAll } from './adjust-all.ts';
import { byteRate } from './byte-rate.ts';
import { eachWay } from './each-way.ts';
import type { Fault } from './fault.ts';
import { inForce } from './in-force.ts';

const parameters = z.strictObject({
  link: nodeNames,
  direction: directionNames.default(['up', 'down']),
  rate: byteRate,
});

/** Each connection carries no more than `rate`; the rest waits at its sender, and nothing is lost. */
export const bandwidth: Fault<z.output<typeof parameters>> = {
  kind: 'bandwidth',
  about: 'Each connection carries no more than so many bytes a second. The rest waits, nothing is lost.',
  parameters,
  abilities: ['throttle'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, rate }) {
    const parts = eachWay(link, direction).map(
      ({ node, way }) =>
        () =>
          topology.link(node).throttle({ direction: way, bytesPerSecond: rate }),
    );
    return { heal: (await adjustAll(parts)).heal, witness: async () => ({ bandwidth: await inForce(topology, link) }) };
  },
};
