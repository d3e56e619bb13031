import { blobKinds, sealNonceBytes } from '../../contract/wire.ts';
import type { BlobId, DeviceId, GroupId } from '../core/ids.ts';
import type { PulledBlob } from '../core/messages.ts';
import { OpenError, type OpenedBlob, openBlob, openName, sealBlob, sealName } from '../core/seal.ts';
import { decodeTombstone, type Tombstone } from '../core/tombstone.ts';
import type { RandomSource } from '../io/ports.ts';

/** A blob of this device whose turn to be sealed has come. */
export interface NumberedBlob {
  readonly blobId: BlobId;
  readonly kind: number;
  readonly author: DeviceId;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/**
 * Why a served blob cannot be accepted.
 *
 * - `authentication`: it does not open; damaged, cut, or served as another's.
 * - `author`: it opens, but names another author than its sender.
 * - `tombstone`: it opens, but is not what its kind says.
 */
export const refusalReasons = ['authentication', 'author', 'tombstone'] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export type Opened = OpenedBlob & {
  /** Set for a blob of that kind. */
  readonly tombstone: Tombstone | null;
};

/** Everything that uses the group's encryption key. */
export interface Sealer {
  /** The payload of a PUSH. */
  seal(blob: NumberedBlob): Uint8Array;
  open(blob: PulledBlob): Opened | { readonly refused: RefusalReason };
  sealName(device: DeviceId, name: string): Uint8Array;
  /** Null for a name that does not open. */
  openName(device: DeviceId, sealed: Uint8Array): string | null;
}

/** Seals for one group with its encryption key (32 bytes) and fresh nonces. */
export function groupSealer(groupId: GroupId, key: Uint8Array, random: RandomSource): Sealer {
  return {
    seal: ({ blobId, kind, author, sequence, body }) =>
      sealBlob(key, { groupId, senderId: author, blobId }, { kind, author, sequence }, body, nonceOf(random)),
    open({ blobId, senderId, payload }) {
      const opened = openedOrNull(() => openBlob(key, { groupId, senderId, blobId }, payload));
      if (opened === null) return { refused: 'authentication' };
      if (opened.author !== senderId) return { refused: 'author' };
      const tombstone = opened.kind === blobKinds.tombstone ? decodeTombstone(opened.body) : null;
      if (opened.kind === blobKinds.tombstone && tombstone === null) return { refused: 'tombstone' };
      return { ...opened, tombstone };
    },
    sealName: (device, name) => sealName(key, groupId, device, name, nonceOf(random)),
    openName: (device, sealed) => openedOrNull(() => openName(key, groupId, device, sealed)),
  };
}

function nonceOf(random: RandomSource): Uint8Array {
  return random.bytes(sealNonceBytes);
}

function openedOrNull<T>(open: () => T): T | null {
  try {
    return open();
  } catch (error) {
    if (error instanceof OpenError) return null;
    throw error;
  }
}
