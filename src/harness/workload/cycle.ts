import { z } from 'zod';
import { byteCount, duration, nodeName } from '../../contract/parameters.ts';
import { pause } from '../../support/clock.ts';
import type { Step } from './step.ts';

const parameters = z.strictObject({
  node: nodeName,
  times: z.number().int().positive(),
  /** From the start of one cycle to the start of the next; a cycle that takes longer delays the next. */
  every: duration,
  /** Pushed in each cycle; 0: nothing. */
  bytes: byteCount.default(0),
});

/**
 * The node disconnects, connects and pushes one item, again and again on command. Disarmed, it pushes the same items
 * on one connection.
 */
export const cycle: Step<z.output<typeof parameters>> = {
  name: 'cycle',
  about: 'A node disconnects, connects and pushes one item, so many times, on command.',
  parameters,
  async run(load, { node, times, every, bytes }) {
    for (let time = 0; time < times; time += 1) {
      const startMs = load.clock.monotonicMs();
      if (load.armed) await load.disconnect(node);
      if (load.armed) await load.connect(node);
      if (bytes > 0) {
        const pushed = await load.push(node, { bytes });
        if (pushed.outcome === 'ok') await load.acknowledged(node, [pushed.value.item], every);
      }
      const leftMs = startMs + every - load.clock.monotonicMs();
      if (leftMs > 0) await pause(load.clock, leftMs);
    }
  },
};
