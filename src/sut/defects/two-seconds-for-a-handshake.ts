import type { Defect } from './defect.ts';

export const twoSecondsForAHandshake: Defect = {
  name: 'two-seconds-for-a-handshake',
  about:
    'The node gives a handshake two seconds from the moment its connection was accepted: over a satellite the last message always comes too late, and nothing is ever synced.',
  node: (parts) => ({ ...parts, config: { ...parts.config, handshakeTimeoutMs: 2000 } }),
};
