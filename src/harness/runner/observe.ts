import type { RelayStats } from '../../contract/relay-stats.ts';
import { pause } from '../../support/clock.ts';
import type { RelaySample } from '../history/relay-sample.ts';
import type { TrialContext } from './trial-context.ts';
import { observeStatus } from './watch.ts';

/**
 * Looks at the relay and at every node each `everyMs`: the relay's figures as a witness `relay`, a node's vector
 * whenever it changed. Null: not at all. Who does not answer is left out. The first look is over before it returns its
 * end, because the load is compared with it; the last comes after that end was called.
 */
export async function observe(context: TrialContext, everyMs: number | null): Promise<() => Promise<void>> {
  if (everyMs === null) return async () => {};
  let isOver = false;
  // Each in a loop of its own: who is paused and answers late keeps nobody else from being looked at.
  const watched = [
    () => observeRelay(context),
    ...context.topology.nodes.map((node) => () => observeStatus(context, node)),
  ];
  await Promise.all(watched.map((look) => look()));
  const running = Promise.all(
    watched.map(async (look) => {
      while (!isOver) {
        await pause(context.clock, everyMs);
        await look();
      }
    }),
  );
  return async () => {
    isOver = true;
    await running;
  };
}

async function observeRelay({ topology, history, facts }: TrialContext): Promise<void> {
  const stats = await topology.relay.stats().catch(() => null);
  if (stats !== null) history.append({ kind: 'witness', name: 'relay', value: sampleOf(stats, facts) });
}

/** Devices by the names of their nodes: ids mean nothing to a reader. */
function sampleOf(stats: RelayStats, { devices, group }: TrialContext['facts']): RelaySample {
  const own = stats.groups.find((entry) => entry.group === group);
  return {
    uptimeMs: stats.uptimeMs,
    sessions: Object.fromEntries(
      Object.entries(devices).map(([node, device]) => [
        node,
        stats.sessions
          .filter((session) => session.device === device)
          .map(({ session, recordsIn, recordsOut, pushesIn }) => ({ session, recordsIn, recordsOut, pushesIn })),
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
