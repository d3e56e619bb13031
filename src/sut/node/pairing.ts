import { limits } from '../../contract/wire.ts';
import { equalBytes, utf8 } from '../../support/bytes.ts';
import { NodeError } from '../../support/errors.ts';
import type { DeviceId } from '../core/ids.ts';
import { type Invite, InviteError, inviteLink, parseInviteLink } from '../core/invite.ts';
import { argon2ParametersFor, groupSecretBytes, saltBytes } from '../core/keys.ts';
import { type GroupRecord, groupRecord } from './identity.ts';
import type { NodeParts } from './parts.ts';
import { knownRelays, parseRelayAddress } from './relay-address.ts';

export interface PairOptions {
  /** `host:port` or `host:port/RELAY-ID`. */
  readonly relays: readonly string[];
  readonly passphrase?: string | undefined;
}

/** A new group: its secret comes from the passphrase, or is random without one. */
export async function createGroup(parts: NodeParts, { relays, passphrase }: PairOptions): Promise<GroupRecord> {
  const { ports, config } = parts;
  const known = knownRelays(relays.map(parseRelayAddress), []);
  if (passphrase === undefined) return groupRecord(ports.random.bytes(groupSecretBytes), null, known);
  const derivation = { salt: ports.random.bytes(saltBytes), argon2: argon2ParametersFor(config.memoryMB) };
  return groupRecord(await derived(parts, passphrase, derivation), derivation, known);
}

/**
 * The group of an invite. A passphrase is compared with the invite's secret, so that a device joins what its user means.
 * Throws NodeError BAD_INVITE, WRONG_PASSPHRASE, RELAY_ID_MISMATCH.
 */
export async function joinGroup(
  parts: NodeParts,
  options: PairOptions & { readonly invite: string },
): Promise<GroupRecord> {
  const invite = readInvite(options.invite, parts.ports.clock.wallMs());
  const relays = knownRelays(options.relays.map(parseRelayAddress), invite.relayIds);
  if (relays.some(({ id }) => !invite.relayIds.includes(id))) {
    throw refused('RELAY_ID_MISMATCH', 'pair: the invite is for another relay; use its address, or leave the id away');
  }
  if (options.passphrase !== undefined) await checkPassphrase(parts, options.passphrase, invite);
  return groupRecord(invite.groupSecret, invite.derivation, relays);
}

/** A link with which another device can join the group. Whoever holds it can read the group. */
export function inviteTo(group: GroupRecord, createdBy: DeviceId, wallMs: number): string {
  const createdAt = Math.floor(wallMs / 1000);
  return inviteLink({
    relayIds: group.relays.map(({ id }) => id),
    groupId: group.id,
    groupSecret: group.secret,
    derivation: group.derivation,
    createdBy,
    createdAt,
    expiresAt: createdAt + limits.inviteLifetimeSeconds,
  });
}

function readInvite(text: string, wallMs: number): Invite {
  try {
    return parseInviteLink(text, Math.floor(wallMs / 1000));
  } catch (error) {
    if (error instanceof InviteError) throw refused('BAD_INVITE', error.message);
    throw error;
  }
}

async function checkPassphrase(
  parts: NodeParts,
  passphrase: string,
  { derivation, groupSecret }: Invite,
): Promise<void> {
  if (derivation === null) throw refused('WRONG_PASSPHRASE', 'pair: this group has no passphrase; join without one');
  if (equalBytes(await derived(parts, passphrase, derivation), groupSecret)) return;
  throw refused('WRONG_PASSPHRASE', 'pair: the passphrase is not that of the invite’s group');
}

function derived(
  parts: NodeParts,
  passphrase: string,
  { salt, argon2 }: NonNullable<GroupRecord['derivation']>,
): Promise<Uint8Array> {
  // One passphrase has one form, whatever keyboard it came from.
  return parts.derivePassphrase({ passphrase: utf8(passphrase.normalize('NFC')), salt, ...argon2 });
}

function refused(code: string, message: string): NodeError {
  return new NodeError(code, message, { definite: true });
}
