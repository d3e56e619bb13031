import { z } from 'zod';
import type { Step } from './step.ts';

const parameters = z.strictObject({});

/** From now on the relay keeps what every device of the trial’s group has acknowledged; a relay that starts anew does not. */
export const holdCleanUp: Step<z.output<typeof parameters>> = {
  name: 'hold-clean-up',
  about: 'While this process of the relay runs it keeps what all devices have: one of them may be set back.',
  parameters,
  async run({ topology, group }) {
    await topology.relay.hook('retention', { hold: group });
  },
};
