import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { handshakeField } from '../../contract/wire.ts';
import { equalBytes } from '../../support/bytes.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { connectionsOf, partOfMessage, recordsAt } from './connections.ts';
import { windowsByLink } from './windows.ts';

const parameters = z.strictObject({ link: nodeName.optional() });
const fields = [handshakeField('hybrid', 'm1', 'e'), handshakeField('hybrid', 'm1', 'kem-e')];
/** So much of a key must have come to the tap to be told from another: the length of an X25519 key. */
const keyPartBytesMin = 32;

/**
 * The first messages of any two attempts share neither the X25519 nor the KEM ephemeral key. Of an attempt whose first
 * message was cut before the tap, the part that came is compared; one with less than a key of it is not judged.
 */
export const freshEphemerals: Checker<z.output<typeof parameters>> = {
  name: 'fresh-ephemerals',
  role: 'reaction',
  about: 'Each attempt uses a fresh X25519 key and a fresh KEM key.',
  parameters,
  judge(record, { link }) {
    const clauses = new Clauses();
    const links = new Set(windowsByLink(record, link).map((window) => window.link));
    if (links.size === 0) clauses.unknown('no fault was on any link');
    for (const disturbed of links) {
      const connections = connectionsOf(record, disturbed);
      const attempts = (connections ?? []).map((one) => ({
        connection: one.connection,
        message: partOfMessage(recordsAt(one, 'up', 0)[0]?.rawBefore),
      }));
      if (attempts.length < 2) {
        clauses.unknown(`${attempts.length} connections of ${disturbed} are in the tap’s journal, two are needed`);
        continue;
      }
      const comparable = attempts.filter(({ message }) => message.length >= keyPartBytesMin);
      for (const { connection, message } of attempts.filter((attempt) => !comparable.includes(attempt))) {
        clauses.notRun(`keys of connection ${connection} of ${disturbed} (${message.length} bytes of m1 came)`);
      }
      if (comparable.length < 2) continue;
      const shared = comparable.flatMap((later, index) =>
        comparable
          .slice(0, index)
          .flatMap((earlier) =>
            fields
              .filter((field) => isShared(keyPart(later.message, field), keyPart(earlier.message, field)))
              .map(
                ({ name }) => `connections ${earlier.connection} and ${later.connection} of ${disturbed} share ${name}`,
              ),
          ),
      );
      clauses.none(
        shared,
        'ephemeral keys used twice',
        `${comparable.length} attempts of ${disturbed}, all keys fresh`,
      );
    }
    return clauses.finding();
  },
};

function keyPart(message: Uint8Array, { offset, bytes }: { offset: number; bytes: number }): Uint8Array {
  return message.subarray(offset, offset + bytes);
}

/** As far as both came; nothing can be told from too few bytes. */
function isShared(a: Uint8Array, b: Uint8Array): boolean {
  const bytes = Math.min(a.length, b.length);
  return bytes >= keyPartBytesMin && equalBytes(a.subarray(0, bytes), b.subarray(0, bytes));
}
