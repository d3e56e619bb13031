import type { RelayStats } from '../../contract/relay-stats.ts';
import { until, WaitError } from '../../support/until.ts';
import type { TrialContext } from './trial-context.ts';

const healthyWithinMs = 10_000;

/**
 * Gives the relay up to 10 s after settling to be as it should: one session for each node and no handshake pending.
 * Only waits; whether it is healthy is judged from what is collected then.
 */
export async function waitUntilHealthy({ topology, clock }: TrialContext): Promise<void> {
  const holds = (stats: RelayStats | null | 'no answer') =>
    stats !== 'no answer' &&
    (stats === null || (stats.sessions.length === topology.nodes.length && stats.pendingHandshakes === 0));
  try {
    await until(clock, {
      what: 'the relay to be healthy',
      probe: () => topology.relay.stats().catch(() => 'no answer' as const),
      holds,
      everyMs: 100,
      timeoutMs: healthyWithinMs,
    });
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
  }
}
