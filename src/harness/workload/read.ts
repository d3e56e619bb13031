import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Step } from './step.ts';

const parameters = z.strictObject({
  node: nodeName,
  /** Cursors, each read from with each size of page. */
  after: z.array(z.number().int().nonnegative()).min(1),
  items: z.array(z.number().int().positive()).min(1),
});

/** Such a read answers many pages. */
const answerWithinMs = 60_000;

/**
 * The node reads what the relay holds, from each cursor and with each size of page, and writes down what came. Here the
 * load is the fault: disarmed, nothing is read.
 */
export const read: Step<z.output<typeof parameters>> = {
  name: 'read',
  about: 'A node reads what the relay holds after each of these cursors, with each of these sizes of page.',
  parameters,
  async run({ topology, history, armed, gaveUp }, { node, after: starts, items: sizes }) {
    if (!armed) return;
    for (const after of starts) {
      for (const items of sizes) {
        const answered = await topology.node(node).request('read', { after, items }, answerWithinMs);
        if (answered.outcome !== 'ok') gaveUp(`${node} to read after ${after} by ${items}`, answered.code);
        else {
          const value = { node, after, items, cursors: answered.value.cursors };
          history.append({ kind: 'witness', name: 'read', value });
        }
      }
    }
  },
};
