import { z } from 'zod';
import { nodeName, stepsOf } from '../../contract/parameters.ts';
import { assert } from '../../support/assert.ts';
import type { Fault } from './fault.ts';
import { comeBackOnOldData } from './set-back.ts';

const cursor = z.number().int().nonnegative();
const parameters = z.strictObject({
  target: nodeName,
  cursor,
  /** The cursors that a sweep takes instead, once each. */
  swept: z.union([z.array(cursor), stepsOf(cursor)]).optional(),
});

/** As `set-back`, with another cursor in the data: of items that are not there, or of less than those that are. */
export const setCursor: Fault<z.output<typeof parameters>> = {
  kind: 'set-cursor',
  about: 'At the heal the node’s data become those of the fault’s beginning again, with another cursor in them.',
  parameters,
  abilities: ['cut', 'disks'],
  linksOf: ({ target }) => [target],
  async inject(topology, { target, cursor: other }, _prng, tell) {
    const { disks } = topology;
    assert(disks !== null, 'the arena has hold of the disks');
    return comeBackOnOldData(topology, target, tell, () => disks.setCursor(target, other));
  },
  points: ({ swept = [], ...written }) => swept.map((other) => ({ ...written, cursor: other })),
};
