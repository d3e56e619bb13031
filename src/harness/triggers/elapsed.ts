import { z } from 'zod';
import { duration } from '../../contract/parameters.ts';
import type { Trigger } from './trigger.ts';

interface Moment {
  readonly from: number;
  readonly to: number;
  readonly moments?: number | undefined;
}

const parameters = z.union([
  duration.transform((ms): Moment => ({ from: ms, to: ms })),
  z.strictObject({
    from: duration,
    to: duration,
    /** A sweep strikes at so many moments, evenly spread from the first time to the second; without it, at none. */
    moments: z.number().int().min(2).optional(),
  }),
]);

/** So long after the load began; between two times, at a moment drawn by seed. */
export const elapsed: Trigger<Moment> = {
  name: 'elapsed',
  about: 'So much time has passed since the load began, or a time drawn by seed between two.',
  parameters,
  points({ from, to, moments = 0 }) {
    return Array.from({ length: moments }, (_, index) => {
      const atMs = from + ((to - from) * index) / (moments - 1);
      return { from: atMs, to: atMs };
    });
  },
  async arm({ clock, prng }, { from, to }, fire) {
    const timer = clock.setTimer(prng.between(from, to), fire);
    return async () => timer.cancel();
  },
};
