import { z } from 'zod';
import type { Fault } from './fault.ts';

const parameters = z.strictObject({
  /** So many of the newest items stay. */
  keep: z.number().int().positive(),
});

/** Retention is shortened: at the relay all older items are gone at once. No heal brings them back. */
export const expire: Fault<z.output<typeof parameters>> = {
  kind: 'expire',
  about: 'The relay’s retention is shortened: all but its newest items are gone at once, and stay so.',
  parameters,
  abilities: [],
  linksOf: () => [],
  async inject(topology, { keep }) {
    await topology.relay.hook('retention', { keep });
    return { heal: async () => {} };
  },
};
