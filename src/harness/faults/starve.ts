import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import { type Fault, healAll, injectAll } from './fault.ts';
import { inForce } from './in-force.ts';
import { timetable } from './timetable.ts';

const parameters = z.strictObject({
  link: nodeNames,
  /** Bytes a second that leave the node; 125 is 1 kbit/s. */
  rate: z.number().int().positive().default(125),
});

/** What has come is counted each so often. */
const countEveryMs = 2000;

/** The node's machine sends next to nothing: whole packets, one after a long while. What comes in is not held up. */
export const starve: Fault<z.output<typeof parameters>> = {
  kind: 'starve',
  about: 'What the node sends leaves its machine at next to no rate, packet by packet. Nothing is closed or refused.',
  parameters,
  abilities: ['starve'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, rate }) {
    const heal = await injectAll(link.map((node) => () => topology.link(node).starve({ bytesPerSecond: rate })));
    const carried: { readonly link: string; readonly atMs: number; readonly bytesUp: number }[] = [];
    const count = async () => {
      for (const node of link) {
        const { bytesUp } = await topology.link(node).witness();
        carried.push({ link: node, atMs: topology.clock.wallMs(), bytesUp });
      }
      return countEveryMs;
    };
    const stop = timetable(topology.clock, 0, count);
    return {
      heal: healAll([heal, stop]),
      witness: async () => ({ starve: { carried: [...carried], inForce: await inForce(topology, link) } }),
    };
  },
};
