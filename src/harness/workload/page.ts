import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import type { Step } from './step.ts';

const parameters = z.strictObject({ node: nodeNames, items: z.number().int().positive() });

/** From now on the nodes ask for no more than so many items at a time. Lasts until the process ends. */
export const page: Step<z.output<typeof parameters>> = {
  name: 'page',
  about: 'From now on the nodes ask for no more than so many items in one pull.',
  parameters,
  async run({ topology }, { node: nodes, items }) {
    for (const node of nodes) {
      const answered = await topology.node(node).request('page', { items });
      if (answered.outcome === 'ok') continue;
      throw new Error(`setting the page of ${node}: ${answered.outcome} (${answered.code}: ${answered.message})`);
    }
  },
};
