import { blobKinds } from '../../contract/wire.ts';
import { concat } from '../../support/bytes.ts';
import type { PulledBlob } from '../core/messages.ts';
import { decodeTombstone } from '../core/tombstone.ts';
import type { NumberedBlob, Sealer } from '../node/sealer.ts';
import type { Defect } from './defect.ts';

/** kind u8, sequence u64 big-endian; the body follows as it is. */
const headerBytes = 9;
const sequenceAt = 1;

function plainPayload({ kind, sequence, body }: NumberedBlob): Uint8Array {
  const header = new Uint8Array(headerBytes);
  header[0] = kind;
  new DataView(header.buffer).setBigUint64(sequenceAt, BigInt(sequence));
  return concat(header, body);
}

function readPlain({ senderId, payload }: PulledBlob): ReturnType<Sealer['open']> {
  if (payload.length < headerBytes) return { refused: 'authentication' };
  const kind = payload[0]!;
  const sequence = Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(sequenceAt));
  const body = payload.slice(headerBytes);
  const tombstone = kind === blobKinds.tombstone ? decodeTombstone(body) : null;
  return { kind, author: senderId, sequence, body, tombstone };
}

export const payloadPushedUnsealed: Defect = {
  name: 'payload-pushed-unsealed',
  about:
    'Nodes push the body of an item as it is and read it the same way: the relay and its disk hold every item in plaintext.',
  node: (parts) => ({
    ...parts,
    sealer: (group) => ({ ...parts.sealer(group), seal: plainPayload, open: readPlain }),
  }),
};
