import type { RelayStats } from '../../contract/relay-stats.ts';
import { pause } from '../../support/clock.ts';
import type { RelaySample } from '../history/relay-sample.ts';
import type { NodeName } from '../topology/topology.ts';
import type { TrialContext } from './trial-context.ts';
import { observeStatus } from './watch.ts';

/** What a node does not announce is seen this long after it at the latest. */
const unannouncedMs = 1_000;

/**
 * Looks at the relay and at every node each `everyMs`: the relay's figures as a witness `relay`, a node's vector
 * whenever it changed. A node that has announced nothing since it was last looked at is looked at once a second. Null:
 * not at all. Who does not answer is left out. The first look is over before it returns its end, because the load is
 * compared with it; the last comes after that end was called.
 */
export async function observe(context: TrialContext, everyMs: number | null): Promise<() => Promise<void>> {
  if (everyMs === null) return async () => {};
  const { topology, clock, facts } = context;
  let isOver = false;
  const news = new Set<NodeName>();
  const listener = (node: NodeName) => void news.add(node);
  facts.listeners.add(listener);
  const lookAt = (node: NodeName) => {
    let lookedAtMs = Number.NEGATIVE_INFINITY;
    return async () => {
      const isDue = news.delete(node) || isOver || clock.monotonicMs() - lookedAtMs >= unannouncedMs;
      if (!isDue) return;
      lookedAtMs = clock.monotonicMs();
      await observeStatus(context, node);
    };
  };
  // Each in a loop of its own: who is paused and answers late keeps nobody else from being looked at.
  const watched = [() => observeRelay(context), ...topology.nodes.map(lookAt)];
  await Promise.all(watched.map((look) => look()));
  const running = Promise.all(
    watched.map(async (look) => {
      while (!isOver) {
        await pause(clock, everyMs);
        await look();
      }
    }),
  );
  return async () => {
    isOver = true;
    await running;
    facts.listeners.delete(listener);
  };
}

async function observeRelay({ topology, history, facts }: TrialContext): Promise<void> {
  const stats = await topology.relay.stats().catch(() => null);
  if (stats !== null) history.append({ kind: 'witness', name: 'relay', value: sampleOf(stats, facts) });
}

/** Devices by the names of their nodes: ids mean nothing to a reader. */
function sampleOf(stats: RelayStats, { devices, group }: TrialContext['facts']): RelaySample {
  const own = stats.groups.find((entry) => entry.group === group);
  const sessions = Map.groupBy(stats.sessions, ({ device }) => device);
  return {
    uptimeMs: stats.uptimeMs,
    sessions: Object.fromEntries(
      Object.entries(devices).map(([node, device]) => [
        node,
        (sessions.get(device) ?? []).map(({ session, recordsIn, recordsOut, pushesIn }) => ({
          session,
          recordsIn,
          recordsOut,
          pushesIn,
        })),
      ]),
    ),
    sessionCount: stats.sessions.length,
    pendingHandshakes: stats.pendingHandshakes,
    accepts: stats.accepts,
    recordsIn: stats.recordsIn,
    recordsOut: stats.recordsOut,
    headCursor: own?.headCursor ?? 0,
    blobs: own?.blobs ?? 0,
    openDescriptors: stats.openDescriptors,
    residentBytes: stats.residentBytes,
    cleanupRuns: stats.cleanupRuns,
  };
}
