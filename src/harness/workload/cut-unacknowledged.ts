import { z } from 'zod';
import { byteCount, duration, nodeNames } from '../../contract/parameters.ts';
import { until, WaitError } from '../../support/until.ts';
import type { NodeName } from '../topology/topology.ts';
import type { Load, Step } from './step.ts';

const parameters = z.strictObject({
  node: nodeNames,
  times: z.number().int().positive(),
  bytes: byteCount.default(1024),
  /** Latency on the way back while waiting, so that the acknowledgement cannot win. */
  'ack-delay': duration,
  /** For the relay to have read the push, each time. */
  deadline: duration.default(30_000),
});

/** Well inside any `ack-delay` worth having; asking more often would be the largest part of the relay's work. */
const readEveryMs = 50;

/**
 * Each node pushes one item, and `times` in a row its connection is cut after the relay has read that push and before
 * the node has heard of it. It is load, not fault: it stays under `--disarm`.
 */
export const cutUnacknowledged: Step<z.output<typeof parameters>> = {
  name: 'cut-unacknowledged',
  about: 'The same push is cut off several times in a row after the relay read it and before the node heard of it.',
  parameters,
  async run(load, options) {
    await Promise.all(options.node.map((node) => cutOne(load, node, options)));
  },
};

async function cutOne(load: Load, node: NodeName, options: z.output<typeof parameters>): Promise<void> {
  const link = load.topology.link(node);
  const fromMs = load.clock.wallMs();
  const slowness = await link.delay({ direction: 'down', delayMs: options['ack-delay'], jitterMs: 0 });
  try {
    const seen = await pushesRead(load, node);
    const answered = await load.push(node, { bytes: options.bytes });
    for (let time = 0; time < options.times; time += 1) {
      if (!(await oneMorePushRead(load, node, seen, options.deadline))) return;
      const givesBackLink = await link.cut();
      load.history.append({ kind: 'witness', name: 'cut-unacknowledged', value: { node, time } });
      await givesBackLink();
    }
    if (answered.outcome === 'ok') await load.acknowledged(node, [answered.value.item], options.deadline);
  } finally {
    await slowness.heal();
    const value = { node, fromMs, untilMs: load.clock.wallMs() };
    load.history.append({ kind: 'witness', name: 'link-disturbed', value });
  }
}

/** Of each session the node has or had at the relay: how many pushes the relay has read from it. */
async function pushesRead(load: Load, node: NodeName): Promise<Map<string, number>> {
  const stats = await load.topology.relay.stats().catch(() => null); // It may be down.
  const sessions = stats?.sessions.filter((session) => session.device === load.devices[node]) ?? [];
  return new Map(sessions.map((session) => [session.session, session.pushesIn]));
}

/** Waits until one session has read one push more than `seen` says, and brings `seen` up to date. */
async function oneMorePushRead(load: Load, node: NodeName, seen: Map<string, number>, timeoutMs: number) {
  if (!(await load.connected(node, timeoutMs))) return false;
  try {
    const now = await until(load.clock, {
      what: `the relay to read the push of ${node}`,
      probe: () => pushesRead(load, node),
      holds: (sessions) => [...sessions].some(([session, pushes]) => pushes > (seen.get(session) ?? 0)),
      everyMs: readEveryMs,
      timeoutMs,
    });
    for (const [session, pushes] of now) seen.set(session, pushes);
    return true;
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
    load.gaveUp(error.message, [...seen.values()]);
    return false;
  }
}
