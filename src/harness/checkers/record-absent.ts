import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { directions } from '../../contract/tap.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { connectionsOf, disturbedConnection, handshakeStages, placeOfStage } from './connections.ts';
import { windowsByLink } from './windows.ts';

const parameters = z.strictObject({
  link: nodeName.optional(),
  /** A handshake message, or the number of a record from 0, which needs `direction`. */
  record: z.union([z.enum(handshakeStages), z.number().int().nonnegative()]),
  direction: z.enum(directions).optional(),
});

/** On the disturbed connection no byte of this record, nor of a later one in its direction, was passed on. */
export const recordAbsent: Checker<z.output<typeof parameters>> = {
  name: 'record-absent',
  role: 'proof',
  about: 'On the disturbed connection a record, such as m3, never passed.',
  parameters,
  judge(record, { link, record: wanted, direction: given }) {
    const clauses = new Clauses();
    const place = typeof wanted === 'number' ? { record: wanted, direction: given ?? 'up' } : placeOfStage[wanted];
    const windows = windowsByLink(record, link);
    if (windows.length === 0) clauses.broken('no fault was on any link');
    for (const window of windows) {
      if (connectionsOf(record, window.link) === null) {
        clauses.unknown('there is no journal of a tap');
        continue;
      }
      const connection = disturbedConnection(record, window, window.link);
      if (connection === null) {
        clauses.broken(`no connection of ${window.link} began while the fault was on`);
        continue;
      }
      const passed = connection.entries.filter(
        (entry) => entry.direction === place.direction && entry.record >= place.record && entry.bytesAfter > 0,
      );
      clauses.none(
        passed.map((entry) => `record ${entry.record} ${entry.direction} passed with ${entry.bytesAfter} bytes`),
        `${wanted} or what follows it passed`,
        `no byte of ${wanted} on connection ${connection.connection} of ${window.link}`,
      );
    }
    return clauses.finding();
  },
};
