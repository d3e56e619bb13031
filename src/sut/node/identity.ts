import { utf8 } from '../../support/bytes.ts';
import { NodeError } from '../../support/errors.ts';
import {
  type DeviceId,
  decodeBase64Url,
  deviceIdFromBytes,
  encodeBase64Url,
  type GroupId,
  groupIdOf,
  parseRelayId,
  type RelayId,
} from '../core/ids.ts';
import { type StaticKeys, staticKeysBytes, staticKeysOf } from '../core/key-material.ts';
import { type Argon2Parameters, groupSecretBytes, saltBytes } from '../core/keys.ts';
import type { RandomSource, SecretFile } from '../io/ports.ts';

/** A relay of the group: where it is, and who it must be. */
export interface KnownRelay {
  /** `host:port`. */
  readonly address: string;
  readonly id: RelayId;
}

/** What a member of a group holds. */
export interface GroupRecord {
  readonly id: GroupId;
  readonly secret: Uint8Array;
  /** How the secret came from a passphrase; null for a random one. */
  readonly derivation: { readonly salt: Uint8Array; readonly argon2: Argon2Parameters } | null;
  /** The first is the primary; never empty. */
  readonly relays: readonly KnownRelay[];
}

/** The device itself, as its key file holds it. */
export interface Identity {
  readonly id: DeviceId;
  readonly name: string;
  readonly keys: StaticKeys;
  /** The secret halves, `staticKeysBytes` long. */
  readonly secret: Uint8Array;
  readonly group: GroupRecord | null;
}

const version = 1;

/** A new device that belongs to no group. */
export function newIdentity(name: string, random: RandomSource): Identity {
  return identityOf(name, random.bytes(staticKeysBytes), null);
}

/** The group whose secret this is (32 bytes). */
export function groupRecord(
  secret: Uint8Array,
  derivation: GroupRecord['derivation'],
  relays: readonly KnownRelay[],
): GroupRecord {
  return { id: groupIdOf(secret), secret, derivation, relays };
}

/** The device in the key file, or null when there is none; throws NodeError BAD_KEY_FILE for a file that is not one. */
export function readIdentity(file: SecretFile): Identity | null {
  const content = file.read();
  if (content === null) return null;
  try {
    return parse(JSON.parse(new TextDecoder().decode(content)) as Stored);
  } catch (error) {
    // The cause stays out: it could quote the file.
    if (error instanceof NodeError) throw error;
    throw new NodeError(
      'BAD_KEY_FILE',
      'key file: expected the keys of a device, got something else; restore it from a copy',
      {
        definite: true,
      },
    );
  }
}

export function writeIdentity(file: SecretFile, { name, secret, group }: Identity): void {
  const stored: Stored = {
    version,
    name,
    keys: encodeBase64Url(secret),
    group:
      group === null
        ? null
        : {
            secret: encodeBase64Url(group.secret),
            derivation:
              group.derivation === null
                ? null
                : { salt: encodeBase64Url(group.derivation.salt), argon2: group.derivation.argon2 },
            relays: group.relays,
          },
  };
  file.write(utf8(JSON.stringify(stored)));
}

interface Stored {
  readonly version: number;
  readonly name: string;
  readonly keys: string;
  readonly group: {
    readonly secret: string;
    readonly derivation: { readonly salt: string; readonly argon2: Argon2Parameters } | null;
    readonly relays: readonly { readonly address: string; readonly id: string }[];
  } | null;
}

function parse(stored: Stored): Identity {
  if (stored.version !== version) {
    throw new NodeError('BAD_KEY_FILE', `key file: expected version ${version}, got another; use a newer program`, {
      definite: true,
    });
  }
  const keys = decodeBase64Url('keys', stored.keys, staticKeysBytes);
  if (stored.group === null) return identityOf(stored.name, keys, null);
  const { secret, derivation, relays } = stored.group;
  return identityOf(
    stored.name,
    keys,
    groupRecord(
      decodeBase64Url('secret', secret, groupSecretBytes),
      derivation === null
        ? null
        : { salt: decodeBase64Url('salt', derivation.salt, saltBytes), argon2: derivation.argon2 },
      relays.map(({ address, id }) => ({ address, id: parseRelayId(id) })),
    ),
  );
}

function identityOf(name: string, secret: Uint8Array, group: GroupRecord | null): Identity {
  const keys = staticKeysOf(secret);
  return { id: deviceIdFromBytes(keys.dh.publicKey), name, keys, secret, group };
}
