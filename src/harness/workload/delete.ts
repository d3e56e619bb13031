import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { NodeName } from '../topology/topology.ts';
import type { Load, Step } from './step.ts';

const parameters = z.strictObject({ node: nodeName, count: z.number().int().positive().default(1) });

/** The node deletes its oldest items that are still there. */
export const deleteItems: Step<z.output<typeof parameters>> = {
  name: 'delete',
  about: 'A node deletes so many of its own items, the oldest first.',
  parameters,
  async run(load, { node, count }) {
    for (const item of ownItems(load, node).slice(0, count)) await load.delete(node, item);
  },
};

/** Items the node accepted and was not asked to delete, in the order of acceptance. */
export function ownItems({ history }: Load, node: NodeName): readonly string[] {
  const invoked = history.of('invoked').filter((entry) => entry.node === node);
  const pushes = new Set(invoked.filter((entry) => entry.op === 'push').map((entry) => entry.operation));
  const deleted = new Set(invoked.flatMap((entry) => (entry.op === 'delete' ? [entry.item] : [])));
  return history
    .of('answered')
    .flatMap(({ operation, item }) => (pushes.has(operation) && item !== undefined ? [item] : []))
    .filter((item) => !deleted.has(item));
}
