import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

/** A node whose cursor was replaced said so itself when it came back, before it could hear of anything. */
export const cameBackAt: Checker<Record<string, never>> = {
  name: 'came-back-at',
  role: 'proof',
  proves: ['set-cursor'],
  about: 'A node whose cursor was replaced started at that cursor, by its own word.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'set-cursor');
    if (windows.length === 0) clauses.broken('no cursor was replaced');
    for (const { fault, parameters } of windows) {
      const { target, cursor } = parameters as { target: string; cursor: number };
      const seen = witnessesOf(record, 'set-back').find(({ entry }) => entry.fault === fault)?.value.cursor ?? null;
      if (seen === cursor) clauses.holds(`${target} came back at cursor ${cursor}`);
      else
        clauses.broken(
          `${target} came back at ${seen === null ? 'no cursor that it told' : `cursor ${seen}`}, expected ${cursor}`,
        );
    }
    return clauses.finding();
  },
};
