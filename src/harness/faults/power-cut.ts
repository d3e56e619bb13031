import { assert } from '../../support/assert.ts';
import type { Fault } from './fault.ts';
import { type ProcessTarget, processFault, processOf, startAgain, tellState } from './process-fault.ts';

/** The machine loses its power: the process is gone, and of its data all that had not reached the disk. */
export const powerCut: Fault<ProcessTarget> = {
  kind: 'power-cut',
  about:
    'The machine loses its power: the process is gone, and so is what had not reached its disk. Healing starts it again.',
  ...processFault,
  abilities: ['disks'],
  async inject(topology, { target }, _prng, tell) {
    assert(topology.disks !== null, 'the arena has hold of the disks');
    await topology.disks.powerCut(target);
    tell({ kind: 'process', target, event: 'killed' });
    const control = processOf(topology, target);
    await tellState(control, target, tell);
    return { heal: startAgain(control, target, tell) };
  },
};
