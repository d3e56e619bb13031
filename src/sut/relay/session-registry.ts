import type { DeviceId, GroupId } from '../core/ids.ts';
import type { RelaySession } from './session.ts';

/** Who is present: at most one session of each device and group. */
export class SessionRegistry {
  readonly #groups = new Map<GroupId, Map<DeviceId, RelaySession>>();
  /** HELLO is being stored: what happens in the group meanwhile must reach them too. */
  readonly #arriving = new Set<RelaySession>();

  /** The session's HELLO was read and is being stored. */
  expect(session: RelaySession): void {
    this.#arriving.add(session);
  }

  /** The device is present from now on. Returns the session that this one takes the place of, or null. */
  add(session: RelaySession, groupId: GroupId, deviceId: DeviceId): RelaySession | null {
    this.#arriving.delete(session);
    const devices = this.#groups.get(groupId) ?? new Map<DeviceId, RelaySession>();
    const replaced = devices.get(deviceId) ?? null;
    devices.set(deviceId, session);
    this.#groups.set(groupId, devices);
    return replaced;
  }

  /** The session has ended; one that took its place stays. */
  remove(session: RelaySession): void {
    this.#arriving.delete(session);
    const { groupId, peer } = session;
    if (groupId === null || peer === null) return;
    const devices = this.#groups.get(groupId);
    if (devices?.get(peer.deviceId) !== session) return;
    devices.delete(peer.deviceId);
    if (devices.size === 0) this.#groups.delete(groupId);
  }

  /** The sessions of the group's other devices, arriving ones included. */
  others(groupId: GroupId, deviceId: DeviceId): RelaySession[] {
    const present = [...(this.#groups.get(groupId)?.values() ?? [])];
    const arriving = [...this.#arriving].filter((session) => session.groupId === groupId);
    return [...present, ...arriving].filter((session) => session.peer?.deviceId !== deviceId);
  }

  isPresent(groupId: GroupId, deviceId: DeviceId): boolean {
    return this.#groups.get(groupId)?.has(deviceId) ?? false;
  }

  /** Every present session, in the order of arrival within each group. */
  get all(): RelaySession[] {
    return [...this.#groups.values()].flatMap((devices) => [...devices.values()]);
  }

  get groupCount(): number {
    return this.#groups.size;
  }
}
