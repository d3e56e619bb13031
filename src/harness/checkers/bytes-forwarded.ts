import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { directions } from '../../contract/tap.ts';
import { m1RecordEnd, m2RecordEnd, m3RecordEnd, m4RecordEnd } from '../../contract/wire.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { bytesForwardedBy, connectionsOf, disturbedConnection } from './connections.ts';
import { type FaultWindow, windowsByLink } from './windows.ts';

/** Bytes of one direction, preamble included, when a handshake message has just passed. */
const points = {
  'end-of-m1': m1RecordEnd,
  'end-of-m2': m2RecordEnd,
  'end-of-m3': m3RecordEnd,
  'end-of-m4': m4RecordEnd,
} as const;

const parameters = z.strictObject({
  link: nodeName.optional(),
  direction: z.enum(directions),
  /** Without it: as many as the fault was told to let pass, its parameter `at`. */
  bytes: z.union([z.number().int().nonnegative(), z.enum(Object.keys(points) as (keyof typeof points)[])]).optional(),
});

/** Exactly so many bytes of the disturbed connection were passed on by the tap in one direction, not one more. */
export const bytesForwarded: Checker<z.output<typeof parameters>> = {
  name: 'bytes-forwarded',
  role: 'proof',
  proves: ['cut-after-bytes'],
  about: 'Exactly so many bytes of the disturbed connection passed in one direction.',
  parameters,
  judge(record, { link, direction, bytes }) {
    const clauses = new Clauses();
    const windows = windowsByLink(record, link);
    if (windows.length === 0) clauses.broken('no fault was on any link');
    for (const window of windows) {
      const expected = typeof bytes === 'string' ? points[bytes] : (bytes ?? limitOf(window));
      if (expected === null) {
        clauses.unknown(`the fault ${window.name} was not told how many bytes to let pass`);
        continue;
      }
      if (connectionsOf(record, window.link) === null) {
        clauses.unknown('there is no journal of a tap');
        continue;
      }
      const connection = disturbedConnection(record, window, window.link);
      if (connection === null) {
        clauses.broken(`no connection of ${window.link} began while the fault was on`);
        continue;
      }
      const passed = bytesForwardedBy(connection, direction);
      clauses.none(
        passed === expected
          ? []
          : [`connection ${connection.connection} of ${window.link}: ${passed} bytes ${direction}`],
        `other than ${expected} bytes ${direction}`,
        `exactly ${expected} bytes ${direction} on connection ${connection.connection} of ${window.link}`,
      );
    }
    return clauses.finding();
  },
};

function limitOf({ parameters }: FaultWindow): number | null {
  const { at } = parameters as { at?: unknown };
  return typeof at === 'number' ? at : null;
}
