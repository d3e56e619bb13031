import { randomFillSync } from 'node:crypto';
import type { RandomSource } from './ports.ts';

/** The operating system's generator. */
export const systemRandom: RandomSource = {
  bytes: (count) => randomFillSync(new Uint8Array(count)),
};
