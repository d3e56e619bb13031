import type { Defect } from './defect.ts';
import { impatient } from './impatient-session.ts';

const stallMs = 250;

export const stalledSocketAbandoned: Defect = {
  name: 'stalled-socket-abandoned',
  about:
    'A node takes its connection for stalled when a push has no acknowledgement after a quarter of a second, abandons it and opens another at once: on a line that loses a packet now and then it reconnects for ever and sends everything again each time.',
  node: (parts) => ({ ...parts, session: impatient(parts.session, parts, stallMs), retryDelayMs: () => 0 }),
};
