import { z } from 'zod';
import type { RelayStats } from '../../contract/relay-stats.ts';
import type { Load, Step } from './step.ts';

const parameters = z.strictObject({});

/** The relay cleans up now: what expired, what was deleted and what every device has confirmed leaves its storage. */
export const cleanUp: Step<z.output<typeof parameters>> = {
  name: 'clean-up',
  about: 'The relay is told to clean up now, and what its statistics say before and after is written down.',
  parameters,
  async run(load) {
    const before = await statsOf(load);
    await load.topology.relay.cleanUp();
    const after = await statsOf(load);
    const value = {
      runsBefore: before.cleanupRuns,
      runsAfter: after.cleanupRuns,
      blobsBefore: blobsOf(before, load.group),
      blobsAfter: blobsOf(after, load.group),
      sessions: Object.fromEntries(
        Object.entries(load.devices).map(([node, device]) => [
          node,
          after.sessions.filter((session) => session.device === device).length,
        ]),
      ),
    };
    load.history.append({ kind: 'witness', name: 'clean-up', value });
  },
};

async function statsOf({ topology }: Load): Promise<RelayStats> {
  const stats = await topology.relay.stats();
  if (stats === null) throw new Error('clean-up: the relay reports no statistics; the variant needs `stats`');
  return stats;
}

function blobsOf(stats: RelayStats, group: string): number {
  return stats.groups.find((entry) => entry.group === group)?.blobs ?? 0;
}
