import { z } from 'zod';
import { duration, nodeNames } from '../../contract/parameters.ts';
import { pause } from '../../support/clock.ts';
import type { Load, Step } from './step.ts';

const parameters = z.strictObject({ node: nodeNames, every: duration, for: duration });

/** A node that is down or frozen is looked at again at the next turn. */
const answerWithinMs = 2_000;

/**
 * Writes down, again and again, how far the nodes say they have read and what they hold at that moment. What a node
 * says is asked for first: it can only come to hold more in between.
 */
export const look: Step<z.output<typeof parameters>> = {
  name: 'look',
  about: 'Writes down, each so often and for so long, how far nodes say they have read and what they hold.',
  parameters,
  async run(load, { node: nodes, every, for: lasting }) {
    const endMs = load.clock.monotonicMs() + lasting;
    while (load.clock.monotonicMs() < endMs) {
      await Promise.all(nodes.map((node) => lookAt(load, node)));
      await pause(load.clock, every);
    }
  },
};

/** A node that does not answer leaves no trace. */
async function lookAt({ topology, history }: Load, node: string): Promise<void> {
  const status = await topology.node(node).request('status', {}, answerWithinMs);
  if (status.outcome !== 'ok') return;
  const held = await topology.node(node).request('items', { digests: false }, answerWithinMs);
  if (held.outcome !== 'ok') return;
  const { cursor, vector } = status.value;
  const items = Map.groupBy(held.value.items, ({ author }) => author);
  const sequences = [...items].map(([author, own]) => [author, rangesOf(own.map(({ sequence }) => sequence))]);
  const cursors = rangesOf(held.value.items.map((item) => item.cursor));
  const value = { node, cursor, vector, cursors, sequences: Object.fromEntries(sequences) };
  history.append({ kind: 'witness', name: 'held', value });
}

/** From and to of each run of numbers without a hole, ascending. */
function rangesOf(numbers: readonly (number | null)[]): readonly (readonly [number, number])[] {
  const ascending = numbers.filter((number) => number !== null).sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const number of ascending) {
    const last = ranges.at(-1);
    if (last !== undefined && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
