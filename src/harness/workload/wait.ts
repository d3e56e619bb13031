import { z } from 'zod';
import { duration } from '../../contract/parameters.ts';
import { pause } from '../../support/clock.ts';
import { until, WaitError } from '../../support/until.ts';
import type { Load, Step } from './step.ts';

const parameters = z.union([
  duration.transform((ms) => ({ for: ms })),
  z.strictObject({
    /** Its place in the variant's list of faults, from 0. */
    fault: z.number().int().nonnegative(),
    is: z.enum(['injected', 'healed']),
    /** Not waited for any longer. */
    within: duration.default(60_000),
  }),
]);

const lookEveryMs = 20;

/** Paces the load: so much time, or until a fault is on or over. */
export const wait: Step<z.output<typeof parameters>> = {
  name: 'wait',
  about: 'Nothing for so long, or until a fault is on or over.',
  parameters,
  async run(load, options) {
    if ('for' in options) await pause(load.clock, options.for);
    else await untilFault(load, options);
  },
};

async function untilFault(
  load: Load,
  { fault, is, within }: { readonly fault: number; readonly is: 'injected' | 'healed'; readonly within: number },
): Promise<void> {
  try {
    await until(load.clock, {
      what: `fault ${fault} to be ${is}`,
      probe: () => load.history.of(is).some((entry) => entry.fault === fault),
      holds: (isThere) => isThere,
      everyMs: lookEveryMs,
      timeoutMs: within,
    });
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
    load.gaveUp(error.message, error.lastSeen);
  }
}
