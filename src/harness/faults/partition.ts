import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import { directions } from '../../contract/tap.ts';
import type { Heal, Link } from '../topology/topology.ts';
import { eachWay } from './each-way.ts';
import { type Fault, injectAll } from './fault.ts';
import { inForce } from './in-force.ts';
import { lossGrowth } from './loss-growth.ts';

const mechanisms = ['proxy', 'kernel'] as const;
type Mechanism = (typeof mechanisms)[number];

const parameters = z.strictObject({ link: nodeNames, mechanism: z.enum([...mechanisms, 'alternate']) });

/**
 * Nothing passes between node and relay, either way, and neither is told. `proxy`: bytes are acknowledged and swallowed,
 * and healing closes the connections. `kernel`: every packet is dropped, and after healing what was lost is sent again.
 * `alternate`: by the proxy in odd iterations, in the kernel in even ones.
 */
export const partition: Fault<z.output<typeof parameters>> = {
  kind: 'partition',
  about: 'Nothing passes between node and relay and neither is told: bytes are swallowed, or every packet is dropped.',
  parameters,
  abilities: ['stall', 'lose'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, mechanism: asked }, _prng, _tell, iteration) {
    const byTurns = iteration % 2 === 1 ? 'proxy' : 'kernel';
    const mechanism = asked === 'alternate' ? byTurns : asked;
    const growth = await lossGrowth(topology, link);
    const parts = eachWay(link, directions).map(
      ({ node, way }) =>
        () =>
          partOf[mechanism](topology.link(node), way),
    );
    return {
      drawn: { mechanism },
      heal: await injectAll(parts),
      witness: async () => ({
        partition: { mechanism, inForce: await inForce(topology, link), loss: await growth() },
      }),
    };
  },
};

const partOf: Record<Mechanism, (link: Link, direction: (typeof directions)[number]) => Promise<Heal>> = {
  proxy: (link, direction) => link.stall({ direction }),
  kernel: async (link, direction) => (await link.lose({ direction, share: 1 })).heal,
};
