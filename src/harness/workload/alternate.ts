import { z } from 'zod';
import { byteCount, duration, nodeName } from '../../contract/parameters.ts';
import type { Answered } from '../topology/topology.ts';
import type { Load, Step } from './step.ts';

const parameters = z.strictObject({
  node: nodeName,
  /** Pushes and pulls together, half of each. */
  operations: z
    .number()
    .int()
    .positive()
    .refine((count) => count % 2 === 0, 'an even number'),
  bytes: byteCount.default(1024),
  /** For the answer to one operation, and for the relay's acknowledgements after the last. */
  deadline: duration.default(15_000),
});

/**
 * The node is asked to push, pull, push, pull, … as fast as it answers. Half of the operations, drawn by seed, do not
 * wait for the answer to the one before. Disarmed, every operation waits.
 */
export const alternate: Step<z.output<typeof parameters>> = {
  name: 'alternate',
  about: 'A node pushes and pulls in turn at full speed, half of the operations without waiting for the one before.',
  parameters,
  async run(load, { node, operations, bytes, deadline }) {
    const overtakes = load.armed ? halfDrawn(load, operations) : new Set<number>();
    const begun: Promise<Answered<'push'> | Answered<'pull'>>[] = [];
    for (let index = 0; index < operations; index += 1) {
      // A node that no longer answers is not asked again: what it owes is on record.
      if (!overtakes.has(index) && (await begun.at(-1))?.outcome === 'unknown') break;
      begun.push(index % 2 === 0 ? load.push(node, { bytes, deadlineMs: deadline }) : load.pull(node));
    }
    const answers = await Promise.all(begun);
    const items = answers.flatMap((answer) =>
      answer.outcome === 'ok' && 'item' in answer.value ? [answer.value.item] : [],
    );
    await load.acknowledged(node, items, deadline);
  },
};

/** Half of the operations; never the first, which has none before it. */
function halfDrawn({ prng }: Load, operations: number): ReadonlySet<number> {
  const drawn = new Set<number>();
  for (let index = 1; index < operations; index += 1) {
    if (prng.below(operations - index) < operations / 2 - drawn.size) drawn.add(index);
  }
  return drawn;
}
