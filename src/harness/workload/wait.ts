import { z } from 'zod';
import { duration } from '../../contract/parameters.ts';
import { pause } from '../../support/clock.ts';
import { until, WaitError } from '../../support/until.ts';
import { triggers } from '../triggers/registry.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { Load, Step } from './step.ts';

const within = duration.default(60_000);
const parameters = z.union([
  duration.transform((ms) => ({ for: ms })),
  z.strictObject({
    /** Its place in the variant's list of faults, from 0. */
    fault: z.number().int().nonnegative(),
    is: z.enum(['injected', 'healed']),
    /** Not waited for any longer. */
    within,
  }),
  /** The moments that can set off a fault, counted from the start of the load. */
  ...Object.values(triggers).map(({ name, parameters: own }) =>
    z.strictObject({ [name]: own, within }).transform((written) => ({
      trigger: name,
      parameters: (written as Record<string, unknown>)[name],
      within: written.within as number,
    })),
  ),
]);

const lookEveryMs = 20;

/** Paces the load: so much time, until a fault is on or over, or until a trigger fires. */
export const wait: Step<z.output<typeof parameters>> = {
  name: 'wait',
  about: 'Nothing for so long, or until a fault is on or over, or until a moment such as the tenth acknowledgement.',
  parameters,
  async run(load, options) {
    if ('for' in options) await pause(load.clock, options.for);
    else if ('fault' in options) await untilFault(load, options);
    else await untilFired(load, triggers[options.trigger]!, options);
  },
  points(options) {
    if (!('trigger' in options)) return [];
    const moments = triggers[options.trigger]!.points?.(options.parameters) ?? [];
    return moments.map((parameters) => ({ ...options, parameters }));
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

async function untilFired(
  { watched, clock, gaveUp }: Load,
  { name, arm }: Trigger,
  { parameters, within }: { readonly parameters: unknown; readonly within: number },
): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<'fired' | 'given up'>();
  const release = await arm(watched, parameters, () => end('fired'));
  const timer = clock.setTimer(within, () => end('given up'));
  if ((await ended) === 'given up') gaveUp(`the trigger ${name}`, `not within ${within} ms`);
  timer.cancel();
  await release();
}
