import type { Baseline } from './baseline.ts';

/** About what a simulated clean network takes. */
export const cleanNetwork: Baseline = {
  arena: 'simulator',
  host: 'host-1',
  system: '5eed'.repeat(16),
  image: 'test',
  takenAt: '2026-11-21T08:15:00.000Z',
  sync: { runs: 3, medianMs: 10.4, p99Ms: 10.9 },
  handshake: { runs: 20, medianMs: 0.48, p99Ms: 0.52 },
  relayMemory: null,
  timerLagMs: 0,
};
