import { z } from 'zod';
import { byteCount, duration, nodeNames } from '../../contract/parameters.ts';
import { pause } from '../../support/clock.ts';
import type { Load, Step } from './step.ts';

const parameters = z.strictObject({
  from: nodeNames,
  rounds: z.number().int().positive(),
  bytes: byteCount.default(1024),
  /** The relay is paused for so long from the release on, so that the pushes of a round wait at its door together. */
  hold: duration.default(0),
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
  async run(load, { from, rounds, bytes, hold, deadline }) {
    const pushOne = async (node: string, round: number) => {
      const answered = await load.push(node, { bytes, round });
      if (answered.outcome === 'ok') await load.acknowledged(node, [answered.value.item], deadline);
    };
    for (let round = 0; round < rounds; round += 1) {
      if (load.armed) await Promise.all([holdRelay(load, hold), ...from.map((node) => pushOne(node, round))]);
      else for (const node of from) await pushOne(node, round);
    }
  },
};

/**
 * How long a push takes to the relay differs by milliseconds on a busy host, a relay answers in less. Held, it finds all
 * of them when it goes on.
 */
async function holdRelay({ topology, clock, history }: Load, holdMs: number): Promise<void> {
  if (holdMs === 0) return;
  await topology.relay.pause();
  history.append({ kind: 'process', target: 'relay', event: 'paused' });
  try {
    await pause(clock, holdMs);
  } finally {
    await topology.relay.resume();
    history.append({ kind: 'process', target: 'relay', event: 'resumed' });
  }
}
