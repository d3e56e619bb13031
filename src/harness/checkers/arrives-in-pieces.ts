import { z } from 'zod';
import type { Direction } from '../../contract/tap.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows, isWithin } from './windows.ts';
import { recordsAt } from './wire-times.ts';

/** Fits into one packet, so without the fault its bytes are seen at one moment. */
const onePacketBytesMax = 1400;
const partOfIt = 0.5;

const parameters = z.strictObject({
  /** Records each way of each link that would each have come in one packet. */
  min: z.number().int().positive(),
  /** Looked at are records of at least so many bytes. */
  bytes: z.number().int().positive(),
});

/** While fragments were on, records that fit into one packet reached their end in several, most of them at least. */
export const arrivesInPieces: Checker<z.output<typeof parameters>> = {
  name: 'arrives-in-pieces',
  role: 'proof',
  proves: ['fragments'],
  about: 'Most records that fit into one packet arrived at their end in several pieces while the fault was on.',
  parameters,
  judge(record, { min, bytes }) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'fragments');
    if (windows.length === 0) clauses.broken('no link was fragmented');
    for (const window of windows) {
      const { direction: ways } = window.parameters as { readonly direction: readonly Direction[] };
      for (const link of window.links) {
        for (const way of ways) {
          const seen = arrivals(record, link, way, clauses)?.filter(
            (one) => one.bytes >= bytes && one.bytes <= onePacketBytesMax && isWithin(window, one.firstMs),
          );
          if (seen === undefined) continue;
          const inPieces = seen.filter(({ firstMs, lastMs }) => lastMs > firstMs).length;
          const told = `${link} ${way}: ${inPieces} of ${seen.length} records in pieces`;
          if (seen.length >= min && inPieces >= partOfIt * seen.length) clauses.holds(told);
          else clauses.broken(`${told}, expected most of at least ${min}`);
        }
      }
    }
    return clauses.finding();
  },
};

/** The records of one direction of a link where they arrived. */
function arrivals(record: TrialRecord, link: string, way: Direction, clauses: Clauses) {
  const atNode = recordsAt(record, link, clauses);
  if (atNode === null) return undefined;
  const atEnd = way === 'down' ? atNode : recordsAt(record, 'relay', clauses);
  const sessions = new Set(atNode.map(({ session }) => session));
  return atEnd?.filter(({ direction, session }) => direction === way && session !== null && sessions.has(session));
}
