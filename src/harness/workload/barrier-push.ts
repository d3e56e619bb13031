import { z } from 'zod';
import { byteCount, duration, nodeNames } from '../../contract/parameters.ts';
import type { Step } from './step.ts';

const parameters = z.strictObject({
  from: nodeNames,
  rounds: z.number().int().positive(),
  bytes: byteCount.default(1024),
  /** For the acknowledgements of one round. */
  deadline: duration.default(30_000),
});

/**
 * In each round every node pushes one item at the same instant; the next round starts when all are acknowledged.
 * Disarmed, the nodes push one after the other, each waiting for the one before to be acknowledged.
 */
export const barrierPush: Step<z.output<typeof parameters>> = {
  name: 'barrier-push',
  about: 'In each round every node pushes one item at the same instant; the next round waits for all acknowledgements.',
  parameters,
  async run(load, { from, rounds, bytes, deadline }) {
    const pushOne = async (node: string, round: number) => {
      const answered = await load.push(node, { bytes, round });
      if (answered.outcome === 'ok') await load.acknowledged(node, [answered.value.item], deadline);
    };
    for (let round = 0; round < rounds; round += 1) {
      if (load.armed) await Promise.all(from.map((node) => pushOne(node, round)));
      else for (const node of from) await pushOne(node, round);
    }
  },
};
