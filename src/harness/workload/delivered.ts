import { z } from 'zod';
import { duration } from '../../contract/parameters.ts';
import type { Step } from './step.ts';

const parameters = z.strictObject({ within: duration });

/** Waits until every node has every item that was accepted so far, at most `within`: keeps the faults on until then. */
export const delivered: Step<z.output<typeof parameters>> = {
  name: 'delivered',
  about: 'Waits until every node has received every item accepted so far, at most so long.',
  parameters,
  async run(load, { within }) {
    await load.delivered(within);
  },
};
