import { z } from 'zod';
import { directions } from '../../contract/tap.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { countedLoss } from './losses.ts';

const parameters = z.strictObject({
  min: z.number().int().positive(),
  /** All of them on this way, and none on the other. */
  direction: z.enum(directions).optional(),
});

/** The kernel counted at least `min` packets dropped by the faults. */
export const packetsDropped: Checker<z.output<typeof parameters>> = {
  name: 'packets-dropped',
  role: 'proof',
  proves: ['loss'],
  about: 'The kernel counted at least so many packets dropped on purpose, in the named direction only.',
  parameters,
  judge(record, { min, direction }) {
    const clauses = new Clauses();
    const loss = countedLoss(record, clauses);
    if (loss !== null) {
      const { packetsDropped, packetsSeen, droppedUp, droppedDown } = loss;
      const ways = `${droppedUp} of them on the way up and ${droppedDown} of them on the way down`;
      const figures = `${packetsDropped} of ${packetsSeen} packets dropped, ${ways}`;
      const elsewhere = direction === undefined ? 0 : direction === 'up' ? droppedDown : droppedUp;
      if (packetsDropped - elsewhere < min) clauses.broken(`${figures}, expected at least ${min}`);
      else if (elsewhere > 0) clauses.broken(`${figures}, expected only ${direction}`);
      else clauses.holds(figures);
    }
    return clauses.finding();
  },
};
