import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({ min: z.number().int().positive() });

/** The proxy accepted at least so many changes of a delay while it was on. */
export const delayChanges: Checker<z.output<typeof parameters>> = {
  name: 'delay-changes',
  role: 'proof',
  proves: ['wandering-latency'],
  about: 'The proxy accepted at least so many changes of the delays while they were on.',
  parameters,
  judge(record, { min }) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'wandering-latency');
    if (windows.length === 0) clauses.broken('no latency wandered on any link');
    for (const { fault } of windows) {
      const changes = witnessesOf(record, 'wandering-latency').find(({ entry }) => entry.fault === fault)?.value
        .changes;
      if (changes === undefined) clauses.unknown(`the changes of fault ${fault} were not counted`);
      else if (changes >= min) clauses.holds(`${changes} changes accepted`);
      else clauses.broken(`${changes} changes accepted, expected at least ${min}`);
    }
    return clauses.finding();
  },
};
