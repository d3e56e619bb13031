import { z } from 'zod';
import { share as shareOf } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { countedLoss } from './losses.ts';

const parameters = z.strictObject({ share: shareOf });

/** TCP sent at least `share` times as many segments again as packets were dropped: the drops hit its data. */
export const retransmissions: Checker<z.output<typeof parameters>> = {
  name: 'retransmissions',
  role: 'proof',
  about: 'TCP sent at least this share of the dropped packets again.',
  parameters,
  judge(record, { share }) {
    const clauses = new Clauses();
    const loss = countedLoss(record, clauses);
    if (loss !== null) {
      const figures = `${loss.segmentsRetransmitted} segments sent again after ${loss.packetsDropped} drops`;
      if (loss.packetsDropped > 0 && loss.segmentsRetransmitted >= share * loss.packetsDropped) clauses.holds(figures);
      else clauses.broken(`${figures}, expected at least ${share} of them`);
    }
    return clauses.finding();
  },
};
