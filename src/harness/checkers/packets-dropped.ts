import { z } from 'zod';
import { directions } from '../../contract/tap.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { countedLoss } from './losses.ts';
import { armedWindows, minutesOf } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z
  .strictObject({
    min: z.number().int().positive(),
    /** All of them on this way, and none on the other. */
    direction: z.enum(directions).optional(),
    /** In each minute of each loss, both ways together. */
    perMinute: z.boolean().default(false),
  })
  .refine(({ direction, perMinute }) => direction === undefined || !perMinute, {
    error: 'one of `direction`, `perMinute`',
  });

/** The kernel counted at least `min` packets dropped by the faults. */
export const packetsDropped: Checker<z.output<typeof parameters>> = {
  name: 'packets-dropped',
  role: 'proof',
  proves: ['loss'],
  about: 'The kernel counted at least so many packets dropped on purpose, in the named direction only, or per minute.',
  parameters,
  judge(record, { min, direction, perMinute }) {
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
      if (perMinute) judgeMinutes(record, clauses, min);
    }
    return clauses.finding();
  },
};

function judgeMinutes(record: TrialRecord, clauses: Clauses, min: number): void {
  const windows = armedWindows(record, 'loss');
  if (windows.length === 0) clauses.broken('no loss was on that is counted by the minute');
  for (const window of windows) {
    const lasted = minutesOf(window).length;
    const counted = witnessesOf(record, 'loss')
      .filter(({ entry }) => entry.fault === window.fault)
      .flatMap(({ value }) => value.minutes.map((minute) => minute.packetsDropped));
    const figures = `in its minutes ${counted.join(', ')}`;
    if (counted.length < lasted) clauses.unknown(`the counters were read in ${counted.length} of ${lasted} minutes`);
    else if (Math.min(...counted) < min) clauses.broken(`${figures}, expected at least ${min} in each`);
    else clauses.holds(figures);
  }
}
