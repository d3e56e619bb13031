import type { RelaySession } from '../relay/session.ts';
import type { SessionRegistry } from '../relay/session-registry.ts';
import type { Defect } from './defect.ts';

const keeping = (base: typeof SessionRegistry) =>
  class extends base {
    readonly #left: RelaySession[] = [];

    override remove(session: RelaySession): void {
      const { groupId, peer } = session;
      if (groupId !== null && peer !== null && this.isPresent(groupId, peer.deviceId)) this.#left.push(session);
      super.remove(session);
    }

    override get all(): RelaySession[] {
      return [...super.all, ...this.#left];
    }
  };

export const sessionLeftBehind: Defect = {
  name: 'session-left-behind',
  about:
    'The relay keeps every session in its registry after its end: each connection costs it memory for good, until it fails for everybody.',
  relay: (parts) => ({ ...parts, sessions: new (keeping(parts.sessions.constructor as typeof SessionRegistry))() }),
};
