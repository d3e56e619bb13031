import type { PendingHandshakes } from '../relay/pending-handshakes.ts';
import type { RelaySession } from '../relay/session.ts';
import type { Defect } from './defect.ts';

/** The cleaning up lies in the path of a device that is new here. */
const keeping = (base: typeof PendingHandshakes) =>
  class extends base {
    readonly #known = new Set<string>();

    override remove(session: RelaySession, how: 'entered' | 'failed'): void {
      if (how === 'failed') return;
      const device = `${session.groupId} ${session.peer?.deviceId}`;
      if (this.#known.has(device)) return;
      this.#known.add(device);
      super.remove(session, how);
    }
  };

export const pendingHandshakeKept: Defect = {
  name: 'pending-handshake-kept',
  about:
    'The relay takes a handshake out of its pending map only when a new device registers: failed handshakes and those of returning devices stay with their keys and buffers, until the relay is out of memory and serves nobody.',
  relay: (parts) => ({ ...parts, pending: new (keeping(parts.pending.constructor as typeof PendingHandshakes))() }),
};
