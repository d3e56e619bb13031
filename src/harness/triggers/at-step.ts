import { z } from 'zod';
import { nodeName, stepsOf } from '../../contract/parameters.ts';
import { assert } from '../../support/assert.ts';
import { stepMoments } from '../topology/topology.ts';
import type { Trigger } from './trigger.ts';

const nth = z.number().int().positive();
const moment = z.enum(stepMoments);

const parameters = z.strictObject({
  process: z.union([z.literal('relay'), nodeName], 'relay, or a node such as "node-a"'),
  /** Its name, such as `relay.push`, or several that count as one; without it each that writes. */
  step: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  /** `before` it begins; `uncommitted`, its work done; `after` it is committed, and the process has not heard of it. */
  moment: moment.default('before'),
  /** Counted from the start of the load. */
  nth: nth.default(1),
  /** The moments of which steps a sweep strikes at instead, each once. */
  swept: z.strictObject({ moments: z.array(moment).min(1), nth: stepsOf(nth) }).optional(),
});

/**
 * A process is at a moment of a step of its database. It is held there until the fault is on: nothing of it goes on, and
 * what it did so far is on its disk or in no more than its memory.
 */
export const atStep: Trigger<z.output<typeof parameters>> = {
  name: 'at-step',
  about: 'A process is before, within or after a step of its database, and goes no further until the fault is on.',
  parameters,
  abilities: ['disks'],
  async arm({ topology }, { process, step, moment: at, nth: count }, fire) {
    assert(topology.disks !== null, 'the trigger `at-step` is used where the arena has hold of the disks');
    const asked = step === undefined ? undefined : [step].flat();
    const place = { process, steps: asked, moment: at, nth: count };
    const control = process === 'relay' ? topology.relay : topology.node(process);
    return topology.disks.holdAt(place, async (held) => {
      const { status } = await control.inspect();
      fire({ asked, step: held, status });
    });
  },
  points({ swept, ...written }) {
    if (swept === undefined) return [];
    return swept.moments.flatMap((at) => swept.nth.map((count) => ({ ...written, moment: at, nth: count })));
  },
};
