import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({ min: z.number().int().positive() });

/** The faults that change their measure while they are on; each counts what the proxy accepted. */
const changing = ['wandering-latency', 'bandwidth-steps'] as const;

/** The proxy accepted at least so many changes of a delay or a rate while it was on. */
export const changesAccepted: Checker<z.output<typeof parameters>> = {
  name: 'changes-accepted',
  role: 'proof',
  proves: changing,
  about: 'The proxy accepted at least so many changes of the delays or rates while they were on.',
  parameters,
  judge(record, { min }) {
    const clauses = new Clauses();
    const windows = changing.flatMap((name) => armedWindows(record, name).map((window) => ({ ...window, name })));
    if (windows.length === 0) clauses.broken('no delay or rate was changed on any link');
    for (const { fault, name } of windows) {
      const counted = witnessesOf(record, name).find(({ entry }) => entry.fault === fault)?.value.changes;
      const changes = typeof counted === 'object' ? counted.length : counted;
      if (changes === undefined) clauses.unknown(`the changes of fault ${fault} were not counted`);
      else if (changes >= min) clauses.holds(`${changes} changes accepted`);
      else clauses.broken(`${changes} changes accepted, expected at least ${min}`);
    }
    return clauses.finding();
  },
};
