import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { handshakeField } from '../../contract/wire.ts';
import { equalBytes } from '../../support/bytes.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { connectionsOf, noiseMessage, recordsAt } from './connections.ts';
import { windowsByLink } from './windows.ts';

const parameters = z.strictObject({ link: nodeName.optional() });
const fields = [handshakeField('hybrid', 'm1', 'e'), handshakeField('hybrid', 'm1', 'kem-e')];

/** The first messages of any two attempts share neither the X25519 nor the KEM ephemeral key. */
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
      const attempts = (connections ?? []).flatMap((connection) => {
        const message = noiseMessage(recordsAt(connection, 'up', 0)[0]?.rawBefore, 'm1');
        return message === null ? [] : [{ connection: connection.connection, message }];
      });
      if (attempts.length < 2) {
        clauses.unknown(`${attempts.length} first messages of ${disturbed} are in the tap’s journal, two are needed`);
        continue;
      }
      const shared = attempts.flatMap((later, index) =>
        attempts
          .slice(0, index)
          .flatMap((earlier) =>
            fields
              .filter(({ offset, bytes }) =>
                equalBytes(
                  later.message.subarray(offset, offset + bytes),
                  earlier.message.subarray(offset, offset + bytes),
                ),
              )
              .map(
                ({ name }) => `connections ${earlier.connection} and ${later.connection} of ${disturbed} share ${name}`,
              ),
          ),
      );
      clauses.none(shared, 'ephemeral keys used twice', `${attempts.length} attempts of ${disturbed}, all keys fresh`);
    }
    return clauses.finding();
  },
};
