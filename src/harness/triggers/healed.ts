import { z } from 'zod';
import { duration } from '../../contract/parameters.ts';
import type { Timer } from '../../support/clock.ts';
import type { Trigger } from './trigger.ts';

const parameters = z.strictObject({
  /** Its place in the variant's list of faults, from 0. */
  fault: z.number().int().nonnegative(),
  after: duration.default(0),
});

/** An earlier fault of the list is over. */
export const healed: Trigger<z.output<typeof parameters>> = {
  name: 'healed',
  about: 'Another fault of the list is over, and so much time has passed since.',
  parameters,
  async arm({ clock, onEntry }, { fault, after }, fire) {
    let timer: Timer | null = null;
    const end = onEntry((entry) => {
      if (entry.kind !== 'healed' || entry.fault !== fault || entry.error !== undefined) return;
      timer ??= clock.setTimer(after, fire);
    });
    return async () => {
      end();
      timer?.cancel();
    };
  },
};
