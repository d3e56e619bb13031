import { limits } from '../../contract/wire.ts';
import { utf8 } from '../../support/bytes.ts';
import {
  type DeviceId,
  decodeBase64Url,
  encodeBase64Url,
  type GroupId,
  groupIdOf,
  IdError,
  parseDeviceId,
  parseGroupId,
  parseRelayId,
  type RelayId,
} from './ids.ts';
import {
  type Argon2Parameters,
  checkArgon2Parameters,
  groupSecretBytes,
  KeyParameterError,
  saltBytes,
} from './keys.ts';

/** Everything a device needs to join a group. Whoever holds it can read the group. */
export interface Invite {
  /** The first is the primary; never empty. */
  readonly relayIds: readonly RelayId[];
  readonly groupId: GroupId;
  readonly groupSecret: Uint8Array;
  /** How the secret came from a passphrase; null for a random one. */
  readonly derivation: { readonly salt: Uint8Array; readonly argon2: Argon2Parameters } | null;
  readonly createdBy: DeviceId;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/**
 * - `format`: not the text of an invite.
 * - `version`: one that cannot be read here.
 * - `field`: a value is missing, unknown or wrong.
 * - `group`: the id does not belong to the secret.
 * - `expired`.
 */
export type InviteFailure = 'format' | 'version' | 'field' | 'group' | 'expired';

/** An invite that must not be used. Never holds its contents. */
export class InviteError extends Error {
  override readonly name = 'InviteError';
  readonly reason: InviteFailure;

  constructor(reason: InviteFailure, text: string) {
    super(text);
    this.reason = reason;
  }
}

const version = 3;
const commonKeys = ['group_id', 'group_secret', 'salt', 'argon2', 'created_by', 'created_at', 'expires_at'];
const linkStart = 'your-app://sync?invite=';

/** The link form, also shown as a QR code. */
export function inviteLink(invite: Invite): string {
  return `${linkStart}${encodeBase64Url(inviteJson(invite))}`;
}

/** The JSON that both the link and the payload of a short code carry, as UTF-8. */
export function inviteJson(invite: Invite): Uint8Array {
  const { derivation } = invite;
  return utf8(
    JSON.stringify({
      version,
      relay_node_ids: invite.relayIds,
      group_id: invite.groupId,
      group_secret: encodeBase64Url(invite.groupSecret),
      ...(derivation === null
        ? {}
        : {
            salt: encodeBase64Url(derivation.salt),
            argon2: { m: derivation.argon2.memoryKiB, t: derivation.argon2.passes, p: derivation.argon2.parallelism },
          }),
      created_by: invite.createdBy,
      created_at: invite.createdAt,
      expires_at: invite.expiresAt,
    }),
  );
}

/** Reads a link, or the part of it after `invite=`; throws InviteError. `nowSeconds` is Unix time. */
export function parseInviteLink(text: string, nowSeconds: number): Invite {
  const encoded = text.startsWith(linkStart) ? text.slice(linkStart.length) : text;
  let json: Uint8Array;
  try {
    json = decodeBase64Url('invite', encoded);
  } catch (error) {
    if (error instanceof IdError)
      throw new InviteError('format', 'invite: expected base64url without padding; copy it again');
    throw error;
  }
  return parseInviteJson(json, nowSeconds);
}

/** Reads the JSON of an invite; throws InviteError. */
export function parseInviteJson(json: Uint8Array, nowSeconds: number): Invite {
  const fields = objectOf('', json.length <= limits.inviteBytesMax ? parsed(json) : null);
  const found = fields.version;
  if (found !== 2 && found !== version)
    throw new InviteError('version', `invite: expected version 2 or ${version}, got another`);
  const isSecond = found === 2;
  const relays = isSecond ? 'relay_node_id' : 'relay_node_ids';
  onlyKeys('invite', fields, ['version', relays, ...commonKeys]);

  const invite: Invite = {
    relayIds: relayIdsOf(relays, isSecond ? [fields[relays]] : fields[relays]),
    groupId: idOf('group_id', fields.group_id, parseGroupId),
    groupSecret: bytesOf('group_secret', fields.group_secret, groupSecretBytes),
    derivation: derivationOf(fields.salt, fields.argon2),
    createdBy: idOf('created_by', fields.created_by, parseDeviceId),
    createdAt: wholeOf('created_at', fields.created_at),
    expiresAt: wholeOf('expires_at', fields.expires_at),
  };
  if (groupIdOf(invite.groupSecret) !== invite.groupId) {
    throw new InviteError('group', 'invite: group_id does not belong to group_secret; ask for a new invite');
  }
  if (nowSeconds >= invite.expiresAt) throw new InviteError('expired', 'invite expired; ask for a new one');
  return invite;
}

function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    throw new InviteError('format', 'invite: expected JSON; copy it again');
  }
}

function derivationOf(salt: unknown, argon2: unknown): Invite['derivation'] {
  if (salt === undefined && argon2 === undefined) return null;
  const fields = objectOf('argon2', argon2);
  onlyKeys('argon2', fields, ['m', 't', 'p']);
  const parameters = {
    memoryKiB: wholeOf('argon2.m', fields.m),
    passes: wholeOf('argon2.t', fields.t),
    parallelism: wholeOf('argon2.p', fields.p),
  };
  try {
    checkArgon2Parameters(parameters);
  } catch (error) {
    if (error instanceof KeyParameterError) throw new InviteError('field', `invite: ${error.message}`);
    throw error;
  }
  return { salt: bytesOf('salt', salt, saltBytes), argon2: parameters };
}

function relayIdsOf(name: string, value: unknown): readonly RelayId[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong(name, 'a list of at least one relay id');
  return value.map((entry) => idOf(name, entry, parseRelayId));
}

function idOf<T>(name: string, value: unknown, parse: (text: string) => T): T {
  if (typeof value !== 'string') throw wrong(name, 'an id');
  try {
    return parse(value);
  } catch (error) {
    if (error instanceof IdError) throw wrong(name, 'an id');
    throw error;
  }
}

function bytesOf(name: string, value: unknown, bytes: number): Uint8Array {
  return idOf(name, value, (text) => decodeBase64Url(name, text, bytes));
}

function wholeOf(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong(name, 'a whole number');
  return value;
}

function objectOf(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw name === ''
    ? new InviteError('format', 'invite: expected a JSON object; copy it again')
    : wrong(name, 'an object');
}

function onlyKeys(name: string, fields: object, allowed: readonly string[]): void {
  const unknown = Object.keys(fields).filter((key) => !allowed.includes(key));
  if (unknown.length > 0) throw wrong(name, `only the fields ${allowed.join(', ')}`);
}

function wrong(name: string, expected: string): InviteError {
  return new InviteError('field', `invite: ${name}: expected ${expected}, got something else`);
}
