import type { Fault } from './fault.ts';
import { endProcess, type ProcessTarget, processFault } from './process-fault.ts';

/** The process is asked to end (SIGTERM) and made to after 10 s. Healing starts it again on its data. */
export const stop: Fault<ProcessTarget> = {
  kind: 'stop',
  about: 'The process gets SIGTERM and 10 s to end in order. Healing starts it again on its data.',
  ...processFault,
  async inject(topology, parameters, _prng, tell) {
    return { heal: await endProcess(topology, parameters, 'stopped', tell) };
  },
};
