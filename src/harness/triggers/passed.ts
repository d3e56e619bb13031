import { z } from 'zod';
import { byteCount, duration, nodeName, stepsOf } from '../../contract/parameters.ts';
import { directions } from '../../contract/tap.ts';
import { assert } from '../../support/assert.ts';
import type { Timer } from '../../support/clock.ts';
import type { Trigger } from './trigger.ts';

const common = {
  link: nodeName,
  direction: z.enum(directions).default('up'),
  /** Only records this large are counted: the tap has no keys, so size is how it tells a large push from the rest. */
  'of-records-from': byteCount.default(1),
};

const count = z.number().int().nonnegative();
const atByte = (bytes: number) => ({ afterBytes: bytes });
const atRecord = (records: number) => ({ nth: records + 1, bytes: 0 });

const parameters = z.union([
  z
    .strictObject({
      ...common,
      bytes: byteCount.refine((bytes) => bytes > 0, 'at least one byte'),
      /** Set, nothing is held: it fires so long after the record with that byte came, or a time drawn between two. */
      after: z
        .union([duration.transform((ms) => ({ from: ms, to: ms })), z.strictObject({ from: duration, to: duration })])
        .optional(),
      /** Where a sweep strikes instead, once each. */
      swept: z.union([z.array(byteCount), stepsOf(byteCount)]).default([]),
    })
    .transform(({ bytes, after, swept, ...rest }) => ({ ...rest, at: atByte(bytes), after, swept: swept.map(atByte) })),
  z
    .strictObject({ ...common, records: count, swept: z.array(count).default([]) })
    .transform(({ records, swept, ...rest }) => ({ ...rest, at: atRecord(records), swept: swept.map(atRecord) })),
]);

/**
 * So many bytes or records of one direction have passed the tap since the load began; of records, the next one is there
 * too. The direction is held at this point until the fault is on, however long it takes to strike; unless the fault is
 * to come some time after.
 */
export const passed: Trigger<z.output<typeof parameters>> = {
  name: 'passed',
  about: 'So many bytes or records of a direction passed the tap, which lets no more by until the fault is on.',
  parameters,
  abilities: ['tap'],
  async arm({ topology, clock, prng }, { link, direction, 'of-records-from': minBytes, ...moment }, fire) {
    assert(topology.tap !== null, 'the trigger `passed` is used in topologies with a tap');
    const after = 'after' in moment ? moment.after : undefined;
    if (after === undefined) {
      return topology.tap.addRule({ action: 'hold', link, direction, minBytes, ...moment.at }, () => fire());
    }
    let timer: Timer | null = null;
    const { afterBytes } = moment.at as { afterBytes: number };
    const takeOut = await topology.tap.addRule({ action: 'watch', link, direction, minBytes, afterBytes }, () => {
      timer = clock.setTimer(prng.between(after.from, after.to), fire);
    });
    return async () => {
      timer?.cancel();
      await takeOut();
    };
  },
  points: (written) => written.swept.map((at) => ({ ...written, at, swept: [] }) as typeof written),
};
