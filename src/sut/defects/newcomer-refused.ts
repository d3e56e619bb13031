import { errorCodes } from '../../contract/wire.ts';
import type { RelaySession } from '../relay/session.ts';
import type { SessionRegistry } from '../relay/session-registry.ts';
import type { Defect } from './defect.ts';

const refusing = (base: typeof SessionRegistry) =>
  class extends base {
    override expect(session: RelaySession): void {
      const { groupId, peer } = session;
      if (groupId === null || peer === null || !this.isPresent(groupId, peer.deviceId)) super.expect(session);
      else session.close('overloaded', { code: errorCodes.RELAY_OVERLOADED, message: 'already connected' });
    }
  };

export const newcomerRefused: Defect = {
  name: 'newcomer-refused',
  about:
    'The relay refuses a device that it believes to be connected already: a device whose old connection died unseen is locked out until the relay gives that one up.',
  relay: (parts) => ({ ...parts, sessions: new (refusing(parts.sessions.constructor as typeof SessionRegistry))() }),
};
