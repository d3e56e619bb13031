import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { lastAcknowledged } from './last-acknowledged.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({ min: z.number().int().positive() });

/**
 * A node whose data were set back came back at least `min` items behind what the relay had acknowledged by then.
 *
 * Its cursor is its own word, because only it reads its data; where the relay was, the acknowledgements to all nodes say.
 */
export const cameBackBehind: Checker<z.output<typeof parameters>> = {
  name: 'came-back-behind',
  role: 'proof',
  proves: ['set-back'],
  about: 'A node whose data were set back started at least so many items behind what the relay had acknowledged.',
  parameters,
  judge(record, { min }) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'set-back');
    if (windows.length === 0) clauses.broken('no data were set back');
    for (const { fault } of windows) {
      const seen = witnessesOf(record, 'set-back').find(({ entry }) => entry.fault === fault);
      if (seen === undefined || seen.value.cursor === null) {
        clauses.broken('the node did not say where it was when it came back');
        continue;
      }
      const { node, cursor } = seen.value;
      const behind = lastAcknowledged(record, seen.entry.atMs) - cursor;
      const figures = `${node} came back ${behind} items behind`;
      if (behind >= min) clauses.holds(figures);
      else clauses.broken(`${figures}, expected at least ${min}`);
    }
    return clauses.finding();
  },
};
