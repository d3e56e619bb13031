import type { Clock } from '../../support/clock.ts';
import { until, WaitError } from '../../support/until.ts';
import type { SyncNode } from './sync-node.ts';

/** The relay could not be reached, or does not accept this device. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
}

/** Connects for the life of this process; throws NotConnected when that takes longer than `timeoutMs`. */
export async function connectedWithin(device: SyncNode, clock: Clock, timeoutMs: number): Promise<void> {
  device.connectOnce();
  try {
    const { terminalError } = await until(clock, {
      what: 'the relay',
      probe: () => device.status(),
      holds: ({ state }) => state === 'connected' || state === 'degraded' || state === 'stopped',
      everyMs: 20,
      timeoutMs,
    });
    if (terminalError !== null) throw new NotConnected(`the relay does not accept this device: ${terminalError}`);
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
    throw new NotConnected(`no connection to the relay within ${timeoutMs} ms; check its address and that it runs`);
  }
}
