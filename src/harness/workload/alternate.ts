import { z } from 'zod';
import { byteCount, duration, nodeName } from '../../contract/parameters.ts';
import { pause } from '../../support/clock.ts';
import type { Answered } from '../topology/topology.ts';
import type { Load, Step } from './step.ts';

const kinds = ['push', 'pull'] as const;
type Kind = (typeof kinds)[number];

const common = {
  node: nodeName,
  bytes: byteCount.default(1024),
  /** For the answer to one operation, and for the relay's acknowledgements after the last. */
  deadline: duration.default(15_000),
};

const parameters = z.union([
  z.strictObject({
    ...common,
    /** Pushes and pulls together, half of each. */
    operations: z
      .number()
      .int()
      .positive()
      .refine((count) => count % 2 === 0, 'an even number'),
  }),
  z.strictObject({
    ...common,
    /** These, none of them waiting, a push open until the relay has it; a sweep runs every order of two to so many. */
    order: z.array(z.enum(kinds)).min(2),
    /** From the start of one to the start of the next; shorter than an answer takes. */
    every: duration.default(0),
  }),
]);

/**
 * The node is asked to push, pull, push, pull, … as fast as it answers. Half of the operations, drawn by seed, do not
 * wait for the answer to the one before; of an order that is given, none does. Disarmed, every operation waits.
 */
export const alternate: Step<z.output<typeof parameters>> = {
  name: 'alternate',
  about: 'A node pushes and pulls in turn at full speed, half of the operations without waiting for the one before.',
  parameters,
  async run(load, written) {
    const { node, bytes, deadline } = written;
    const order = 'order' in written ? written.order : inTurn(written.operations);
    const until = 'order' in written ? 'relay' : 'local';
    const overtakes = overtakingIn(load, written);
    const begun: Promise<Answered<'push'> | Answered<'pull'>>[] = [];
    for (const [index, kind] of order.entries()) {
      // A node that no longer answers is not asked again: what it owes is on record.
      if (!overtakes(index) && (await begun.at(-1))?.outcome === 'unknown') break;
      if (index > 0 && 'every' in written) await pause(load.clock, written.every);
      begun.push(kind === 'push' ? load.push(node, { bytes, until, deadlineMs: deadline }) : load.pull(node));
    }
    const answers = await Promise.all(begun);
    const items = answers.flatMap((answer) =>
      answer.outcome === 'ok' && 'item' in answer.value ? [answer.value.item] : [],
    );
    await load.acknowledged(node, items, deadline);
  },
  points(written) {
    if (!('order' in written)) return [];
    const counts = written.order.slice(1).map((_, index) => index + 2);
    return counts.flatMap(ordersOf).map((order) => ({ ...written, order }));
  },
};

function inTurn(count: number): readonly Kind[] {
  return Array.from({ length: count }, (_, index) => kinds[index % 2]!);
}

/** Every order of so many operations. */
function ordersOf(count: number): Kind[][] {
  if (count === 0) return [[]];
  return ordersOf(count - 1).flatMap((order) => kinds.map((kind) => [...order, kind]));
}

/** Which operations do not wait for the one before. */
function overtakingIn(load: Load, written: z.output<typeof parameters>): (index: number) => boolean {
  if (!load.armed) return () => false;
  if ('order' in written) return () => true;
  const drawn = halfDrawn(load, written.operations);
  return (index) => drawn.has(index);
}

/** Half of the operations; never the first, which has none before it. */
function halfDrawn({ prng }: Load, operations: number): ReadonlySet<number> {
  const drawn = new Set<number>();
  for (let index = 1; index < operations; index += 1) {
    if (prng.below(operations - index) < operations / 2 - drawn.size) drawn.add(index);
  }
  return drawn;
}
