import { z } from 'zod';
import { duration } from '../../contract/parameters.ts';
import type { Timer } from '../../support/clock.ts';
import type { Trigger } from './trigger.ts';

const parameters = z.strictObject({
  /** Its place in the variant's list of faults, from 0. */
  fault: z.number().int().nonnegative(),
  /** How often it has struck. */
  times: z.number().int().positive().default(1),
  after: duration.default(0),
});

/** A fault that waits on the tap for its record has struck: what was injected long before acts only then. */
export const struck: Trigger<z.output<typeof parameters>> = {
  name: 'struck',
  about: 'A fault of the list that waits on the tap for a record has struck it, and so much time has passed since.',
  parameters,
  abilities: ['tap'],
  async arm({ clock, entries, onEntry }, { fault, times, after }, fire) {
    let timer: Timer | null = null;
    const isStrike = (entry: ReturnType<typeof entries>[number]) =>
      entry.kind === 'witness' && entry.name === 'tap-strike' && entry.fault === fault;
    let seen = entries().filter(isStrike).length;
    const look = () => {
      if (seen >= times) timer ??= clock.setTimer(after, fire);
    };
    look();
    const end = onEntry((entry) => {
      if (!isStrike(entry)) return;
      seen += 1;
      look();
    });
    return async () => {
      end();
      timer?.cancel();
    };
  },
};
