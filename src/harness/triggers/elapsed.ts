import { z } from 'zod';
import { duration } from '../../contract/parameters.ts';
import type { Trigger } from './trigger.ts';

interface Moment {
  readonly from: number;
  readonly to: number;
  readonly every?: number | undefined;
}

const parameters = z.union([
  duration.transform((ms): Moment => ({ from: ms, to: ms })),
  z.strictObject({
    from: duration,
    to: duration,
    /** A sweep strikes at both and at each of these steps between them; without it, it does not. */
    every: duration.optional(),
  }),
]);

/** So long after the load began; between two times, at a moment drawn by seed. */
export const elapsed: Trigger<Moment> = {
  name: 'elapsed',
  about: 'So much time has passed since the load began, or a time drawn by seed between two.',
  parameters,
  points({ from, to, every }) {
    if (every === undefined) return [];
    const count = Math.floor((to - from) / every) + 1;
    return Array.from({ length: count }, (_, index) => ({ from: from + index * every, to: from + index * every }));
  },
  async arm({ clock, prng }, { from, to }, fire) {
    const timer = clock.setTimer(prng.between(from, to), fire);
    return async () => timer.cancel();
  },
};
