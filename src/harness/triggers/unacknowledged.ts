import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Trigger } from './trigger.ts';

const parameters = z.strictObject({
  node: nodeName,
  /** How many items at least are on their way at once. */
  count: z.number().int().positive().default(1),
  /** Only after so many were acknowledged since the load began. */
  after: z.number().int().nonnegative().default(0),
});

/** The node has sealed `count` items for sending of which it has no acknowledgement yet. */
export const unacknowledged: Trigger<z.output<typeof parameters>> = {
  name: 'unacknowledged',
  about: 'So many pushes of a node are on their way without an acknowledgement.',
  parameters,
  async arm(trial, { node, count, after }, fire) {
    const open = new Set<string>();
    let acked = 0;
    let hasFired = false;
    const end = trial.onEvent((from, event) => {
      if (from !== node || (event.event !== 'sealed' && event.event !== 'acked')) return;
      if (event.event === 'sealed') open.add(event.item);
      else if (open.delete(event.item)) acked += 1;
      if (hasFired || open.size < count || acked < after) return;
      hasFired = true;
      fire();
    });
    return async () => end();
  },
};
