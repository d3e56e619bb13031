import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { countedLoss } from './losses.ts';

const parameters = z.strictObject({ min: z.number().int().positive() });

/** The kernel counted at least `min` packets dropped by the faults. */
export const packetsDropped: Checker<z.output<typeof parameters>> = {
  name: 'packets-dropped',
  role: 'proof',
  proves: ['loss'],
  about: 'The kernel counted at least so many packets dropped on purpose.',
  parameters,
  judge(record, { min }) {
    const clauses = new Clauses();
    const loss = countedLoss(record, clauses);
    if (loss !== null) {
      const figures = `${loss.packetsDropped} of ${loss.packetsSeen} packets dropped`;
      if (loss.packetsDropped >= min) clauses.holds(figures);
      else clauses.broken(`${figures}, expected at least ${min}`);
    }
    return clauses.finding();
  },
};
