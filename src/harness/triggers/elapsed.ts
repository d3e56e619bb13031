import { z } from 'zod';
import { duration } from '../../contract/parameters.ts';
import type { Trigger } from './trigger.ts';

const parameters = z.union([
  duration.transform((ms) => ({ from: ms, to: ms })),
  z.strictObject({ from: duration, to: duration }),
]);

/** So long after the load began; between two times, at a moment drawn by seed. */
export const elapsed: Trigger<z.output<typeof parameters>> = {
  name: 'elapsed',
  about: 'So much time has passed since the load began, or a time drawn by seed between two.',
  parameters,
  async arm({ clock, prng }, { from, to }, fire) {
    const timer = clock.setTimer(prng.between(from, to), fire);
    return async () => timer.cancel();
  },
};
