import { z } from 'zod';
import type { Step } from './step.ts';

const parameters = z.strictObject({
  /** Its place in the variant's list of faults, from 0. */
  fault: z.number().int().nonnegative(),
});

/** A fault ends now, in the midst of the load: for one that must last as long as what came before takes. */
export const heal: Step<z.output<typeof parameters>> = {
  name: 'heal',
  about: 'A fault that is on ends now; the others stay.',
  parameters,
  async run(load, { fault }) {
    if (!(await load.heal(fault))) load.gaveUp(`the heal of fault ${fault}`, 'it is not on');
  },
};
