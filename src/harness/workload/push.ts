import { z } from 'zod';
import { byteCount, duration, durationRange, nodeNames } from '../../contract/parameters.ts';
import { pause } from '../../support/clock.ts';
import type { NodeName } from '../topology/topology.ts';
import type { Load, Step } from './step.ts';

const parameters = z.strictObject({
  from: nodeNames,
  /** Of each node. */
  count: z.number().int().positive(),
  /** Several sizes take turns. */
  bytes: z
    .union([byteCount, z.array(byteCount).min(1)])
    .default(1024)
    .transform((value) => (typeof value === 'number' ? [value] : value)),
  /** Between the starts of two pushes of a node: a time, or one drawn by seed between two. */
  every: durationRange.optional(),
  until: z.enum(['accepted', 'local', 'relay']).default('local'),
  deadline: duration.default(30_000),
});
type Parameters = z.output<typeof parameters>;

/**
 * Each node pushes `count` items, the nodes side by side. `until: accepted`: one after the other as the node accepts
 * them. `until: local`: the same, then the step waits for the relay's acknowledgements, at most `deadline`.
 * `until: relay`: all at once, each waiting for its own acknowledgement up to `deadline`. With `every` a push is begun
 * at its time, whether or not the one before was answered.
 */
export const push: Step<Parameters> = {
  name: 'push',
  about: 'Each node pushes so many items; ends when the relay acknowledged them, or after the deadline.',
  parameters,
  async run(load, options) {
    await Promise.all(options.from.map((node) => pushAll(load, node, options)));
  },
};

async function pushAll(load: Load, node: NodeName, { count, bytes, every, until, deadline }: Parameters) {
  const prng = load.prng.fork(node);
  const pushOne = (index: number) =>
    load.push(node, {
      bytes: bytes[index % bytes.length]!,
      ...(until === 'relay' ? { until, deadlineMs: deadline } : {}),
    });
  const begun: ReturnType<typeof pushOne>[] = [];
  for (let index = 0; index < count; index += 1) {
    const pushed = pushOne(index);
    begun.push(pushed);
    if (every !== undefined) await pause(load.clock, prng.between(every.from, every.to));
    else if (until !== 'relay') await pushed;
  }
  const answers = await Promise.all(begun);
  const accepted = answers.flatMap((answered) => (answered.outcome === 'ok' ? [answered.value.item] : []));
  if (until === 'local') await load.acknowledged(node, accepted, deadline);
}
