import { z } from 'zod';
import { byteCount, duration, nodeNames } from '../../contract/parameters.ts';
import type { Step } from './step.ts';

const parameters = z.strictObject({
  from: nodeNames,
  /** Of each node. */
  count: z.number().int().positive(),
  bytes: byteCount.default(1024),
  /** `relay`: all are invoked at once and each waits for the relay's acknowledgement. */
  until: z.enum(['local', 'relay']).default('local'),
  deadline: duration.default(30_000),
});

/**
 * Each node pushes `count` items of `bytes`, the nodes side by side. `until: local`: one after the other as the node
 * accepts them, then the step waits for the relay's acknowledgements, at most `deadline`. `until: relay`: all at once,
 * each waiting for its own acknowledgement up to `deadline`.
 */
export const push: Step<z.output<typeof parameters>> = {
  name: 'push',
  about: 'Each node pushes so many items; ends when the relay acknowledged them, or after the deadline.',
  parameters,
  async run(load, { from, count, bytes, until, deadline }) {
    await Promise.all(
      from.map(async (node) => {
        const rounds = Array.from({ length: count }, (_, index) => index);
        if (until === 'relay') {
          await Promise.all(rounds.map(() => load.push(node, { bytes, until, deadlineMs: deadline })));
          return;
        }
        const accepted: string[] = [];
        for (const _ of rounds) {
          const answered = await load.push(node, { bytes });
          if (answered.outcome === 'ok') accepted.push(answered.value.item);
        }
        await load.acknowledged(node, accepted, deadline);
      }),
    );
  },
};
