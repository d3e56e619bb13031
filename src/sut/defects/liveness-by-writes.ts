import type { Defect } from './defect.ts';

/** Longer than anybody waits. */
const neverMs = 7 * 24 * 60 * 60 * 1000;

export const livenessByWrites: Defect = {
  name: 'liveness-by-writes',
  about:
    'The node takes its connection for alive as long as its writes go through, which they do for as long as any kernel on the way takes them: on a path that is dead in one direction it shows “connected” and sends into nothing.',
  node: (parts) => ({ ...parts, config: { ...parts.config, requestTimeoutMs: neverMs } }),
};
