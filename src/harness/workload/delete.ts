import { z } from 'zod';
import { durationRange, nodeNames } from '../../contract/parameters.ts';
import { pause } from '../../support/clock.ts';
import type { NodeName } from '../topology/topology.ts';
import type { Load, Step } from './step.ts';

const parameters = z.strictObject({
  node: nodeNames,
  /** Of each node. */
  count: z.number().int().positive().default(1),
  /** Of its items that are still there: the oldest, or any, drawn by seed. */
  which: z.enum(['oldest', 'any']).default('oldest'),
  /** Before each deletion: a time, or one drawn by seed between two. */
  every: durationRange.optional(),
});
type Parameters = z.output<typeof parameters>;

/** Nodes delete items of their own that are still there, side by side, each one item after the other. */
export const deleteItems: Step<Parameters> = {
  name: 'delete',
  about: 'Nodes delete so many of their own items, the oldest first or any of them, at once or one each so often.',
  parameters,
  async run(load, options) {
    await Promise.all(options.node.map((node) => deleteOf(load, node, options)));
  },
};

async function deleteOf(load: Load, node: NodeName, { count, which, every }: Parameters): Promise<void> {
  const prng = load.prng.fork(node);
  for (let index = 0; index < count; index += 1) {
    if (every !== undefined) await pause(load.clock, prng.between(every.from, every.to));
    const own = ownItems(load, node);
    if (own.length === 0) return;
    await load.delete(node, which === 'oldest' ? own[0]! : prng.pick(own));
  }
}

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
