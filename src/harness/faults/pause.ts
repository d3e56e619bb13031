import type { Fault } from './fault.ts';
import { type ProcessTarget, processFault, processOf, stateOf, tellState } from './process-fault.ts';

/** No code of the process runs; its connections stay open and the kernel goes on taking bytes for it. */
export const pause: Fault<ProcessTarget> = {
  kind: 'pause',
  about: 'The process stands still with its connections open; others find it silent. Healing lets it go on.',
  ...processFault,
  async inject(topology, { target }, _prng, tell) {
    const control = processOf(topology, target);
    await control.pause();
    tell({ kind: 'process', target, event: 'paused' });
    await tellState(control, target, tell);
    return {
      // That it still stood still in the end is part of the proof.
      witness: async () => ({ process: await stateOf(control, target) }),
      async heal() {
        await control.resume();
        tell({ kind: 'process', target, event: 'resumed' });
      },
    };
  },
};
