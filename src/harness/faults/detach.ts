import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { NodeControl } from '../topology/topology.ts';
import type { Fault } from './fault.ts';

const parameters = z.strictObject({ node: nodeName });

/**
 * The node's machine has no network: no packet passes, nobody is told, and what it dials fails at once. Healing gives it
 * its address back; connections that both ends still hold go on.
 */
export const detach: Fault<z.output<typeof parameters>> = {
  kind: 'detach',
  about: 'The node has no network and no address; connections fall silent without an end. Healing gives both back.',
  parameters,
  abilities: ['detach'],
  linksOf: ({ node }) => [node],
  async inject(topology, { node }, _prng, tell) {
    const control = topology.node(node);
    const heal = await control.detach();
    tell({ kind: 'witness', name: 'networks', value: await networksOf(control) });
    return {
      witness: async () => ({ networks: await networksOf(control) }),
      async heal() {
        await heal();
        tell({ kind: 'witness', name: 'networks', value: await networksOf(control) });
      },
    };
  },
};

async function networksOf(control: NodeControl) {
  return { node: control.name, networks: await control.networks() };
}
