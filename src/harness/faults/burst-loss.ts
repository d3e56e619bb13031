import { z } from 'zod';
import { directionNames, duration, nodeNames } from '../../contract/parameters.ts';
import type { Prng } from '../../support/prng.ts';
import type { Fault } from './fault.ts';
import { lossSpells } from './loss-spells.ts';

const parameters = z.strictObject({
  link: nodeNames,
  direction: directionNames.default(['up', 'down']),
  /** Mean length of a burst, in which every packet is lost. */
  burst: duration,
  /** Mean length of the time between two bursts, in which none is. */
  gap: duration,
});

/**
 * Loss that comes in bursts: a link is either dead or sound, for times that are drawn (two states without memory). The
 * share lost is `burst` / (`burst` + `gap`); all links of the fault are dead together.
 */
export const burstLoss: Fault<z.output<typeof parameters>> = {
  kind: 'burst-loss',
  about: 'Every packet is lost in short bursts of random length, and none between them. TCP repairs it with stalls.',
  parameters,
  abilities: ['lose'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, burst, gap }, prng) {
    const next = () => ({ gapMs: memoryless(prng, gap), lossMs: memoryless(prng, burst) });
    const { heal, witness } = await lossSpells(topology, { link, direction, next });
    return { heal, witness: async () => ({ 'burst-loss': await witness() }) };
  },
};

/** Whole milliseconds, at least one, exponentially distributed. */
function memoryless(prng: Prng, meanMs: number): number {
  return Math.max(1, Math.round(-meanMs * Math.log(1 - prng.fraction())));
}
