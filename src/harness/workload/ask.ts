import { z } from 'zod';
import { duration, nodeNames } from '../../contract/parameters.ts';
import { pause } from '../../support/clock.ts';
import type { Step } from './step.ts';

const parameters = z.union([
  nodeNames.transform((node) => ({ node, count: 1, every: 0 })),
  z.strictObject({
    node: nodeNames,
    count: z.number().int().positive().default(1),
    /** Between the answer to one and the start of the next. */
    every: duration.default(0),
  }),
]);

/** Each node sends heartbeats one after the other, each waiting for its answer. */
export const ping = asking('ping', 'Each node sends so many heartbeats, each waiting for its answer.');

/** Each node pulls up to the relay's head, one pull after the other. */
export const pull = asking('pull', 'Each node pulls up to the relay’s head, so many times.');

function asking(name: 'ping' | 'pull', about: string): Step<z.output<typeof parameters>> {
  return {
    name,
    about,
    parameters,
    async run(load, { node: nodes, count, every }) {
      await Promise.all(
        nodes.map(async (node) => {
          for (let index = 0; index < count; index += 1) {
            await load[name](node);
            if (every > 0) await pause(load.clock, every);
          }
        }),
      );
    },
  };
}
