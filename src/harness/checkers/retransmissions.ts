import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { countedLoss } from './losses.ts';

const parameters = z.strictObject({
  /** Of the dropped packets. */
  share: z.number().min(0).max(1).default(0),
  /** Segments, whatever was dropped. */
  min: z.number().int().positive().default(1),
});

/**
 * TCP sent at least `min` segments again, and at least `share` times as many as packets were dropped: the drops hit its
 * data.
 */
export const retransmissions: Checker<z.output<typeof parameters>> = {
  name: 'retransmissions',
  role: 'proof',
  about: 'TCP sent at least so many segments again, and at least this share of the dropped packets.',
  parameters,
  judge(record, { share, min }) {
    const clauses = new Clauses();
    const loss = countedLoss(record, clauses);
    if (loss !== null) {
      const figures = `${loss.segmentsRetransmitted} segments sent again after ${loss.packetsDropped} drops`;
      const least = Math.max(min, share * loss.packetsDropped);
      if (loss.packetsDropped > 0 && loss.segmentsRetransmitted >= least) clauses.holds(figures);
      else clauses.broken(`${figures}, expected at least ${Math.ceil(least)}`);
    }
    return clauses.finding();
  },
};
