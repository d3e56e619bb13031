import { z } from 'zod';
import { directionNames, duration, nodeNames } from '../../contract/parameters.ts';
import type { Fault } from './fault.ts';
import { lossSpells } from './loss-spells.ts';

const parameters = z
  .strictObject({
    link: nodeNames,
    direction: directionNames.default(['up', 'down']),
    times: z.number().int().positive(),
    /** How long each lasts. */
    each: duration,
    /** From the beginning of one to the beginning of the next. */
    every: duration,
  })
  .refine(({ each, every }) => every > each, { error: '`every` longer than `each`' });

/** `times` spells in which every packet is lost, the first at once; connections stay, and TCP repairs what was lost. */
export const blackouts: Fault<z.output<typeof parameters>> = {
  kind: 'blackouts',
  about: 'Every packet is lost for a while, several times in a row. Connections stay open and TCP repairs the stream.',
  parameters,
  abilities: ['lose'],
  linksOf: ({ link }) => link,
  async inject(topology, { link, direction, times, each, every }) {
    let begun = 0;
    const next = () => {
      if (begun === times) return null;
      begun += 1;
      return { gapMs: begun === 1 ? 0 : every - each, lossMs: each };
    };
    const { heal, witness } = await lossSpells(topology, { link, direction, next });
    return { heal, witness: async () => ({ blackouts: await witness() }) };
  },
};
