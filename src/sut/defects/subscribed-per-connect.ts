import type { DeviceId, GroupId } from '../core/ids.ts';
import type { RelaySession } from '../relay/session.ts';
import type { SessionRegistry } from '../relay/session-registry.ts';
import type { Defect } from './defect.ts';

/** Announcements go by a list to which each arrival adds the device again; what stands there too often is thrown out. */
const subscribing = (base: typeof SessionRegistry) =>
  class extends base {
    readonly #entries = new Map<string, number>();

    override add(session: RelaySession, groupId: GroupId, deviceId: DeviceId): RelaySession | null {
      const key = `${groupId}/${deviceId}`;
      this.#entries.set(key, (this.#entries.get(key) ?? 0) + 1);
      return super.add(session, groupId, deviceId);
    }

    override others(groupId: GroupId, deviceId: DeviceId): RelaySession[] {
      return super.others(groupId, deviceId).flatMap((session) => {
        const entries = this.#entries.get(`${groupId}/${session.peer?.deviceId}`) ?? 1;
        return entries > entriesMax ? [] : Array<RelaySession>(entries).fill(session);
      });
    }
  };

const entriesMax = 2;

export const subscribedPerConnect: Defect = {
  name: 'subscribed-per-connect',
  about:
    'The relay subscribes a device to announcements anew with each connection and forgets none: after the second it tells everything twice, after the third nothing, and the device sees new items only when it asks for something.',
  relay: (parts) => ({
    ...parts,
    sessions: new (subscribing(parts.sessions.constructor as typeof SessionRegistry))(),
  }),
};
