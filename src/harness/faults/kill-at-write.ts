import { z } from 'zod';
import type { Fault } from './fault.ts';
import { processFault, processOf, processTarget, tellState } from './process-fault.ts';

const moments = ['before', 'after'] as const;
const powers = ['kept', 'cut'] as const;

const parameters = z.strictObject({
  ...processTarget.shape,
  /** Of the writes of this name only, such as `apply-page`; without it of all. */
  write: z.string().optional(),
  /** Which of the process's writes that come from the injection on. */
  nth: z.number().int().positive().default(1),
  /** `before` it, so that nothing of it is written; `after` it, before the program hears that it is. */
  at: z.enum(moments).default('before'),
  /** `cut`: what was committed and not synced is lost as well. */
  power: z.enum(powers).default('kept'),
  /** A sweep strikes at the first so many writes instead, before and after each, with and without power. */
  swept: z.number().int().nonnegative().default(0),
});

/** The process is gone in the midst of one write to its database. Healing starts it again on what the disk has. */
export const killAtWrite: Fault<z.output<typeof parameters>> = {
  ...processFault,
  kind: 'kill-at-write',
  about: 'The process ends at one write to its database: just before it, or when it is written and not yet answered.',
  parameters,
  abilities: ['writes'],
  async inject(topology, { target, write, nth, at, power }, _prng, tell) {
    const control = processOf(topology, target);
    let telling: Promise<void> | null = null;
    const takeOut = await topology.writes!.endAt({ target, write, nth, at, losesPower: power === 'cut' }, (struck) => {
      tell({ kind: 'process', target, event: 'killed' });
      telling = tellState(control, target, tell).then(() =>
        tell({ kind: 'witness', name: 'write-strike', value: { target, write: struck } }),
      );
    });
    const heal = async () => {
      await takeOut();
      if (telling === null) return;
      await telling;
      await control.restart();
      tell({ kind: 'process', target, event: 'started' });
      await tellState(control, target, tell);
    };
    return { heal };
  },
  points: ({ swept, ...written }) =>
    Array.from({ length: swept }, (_, index) => index + 1).flatMap((nth) =>
      moments.flatMap((at) => powers.map((power) => ({ ...written, nth, at, power, swept: 0 }))),
    ),
};
