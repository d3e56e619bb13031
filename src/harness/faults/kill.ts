import type { Fault } from './fault.ts';
import { endProcess, type ProcessTarget, processFault } from './process-fault.ts';

/** The process is gone at once, in the middle of whatever it did; its data stays. Healing starts it again on them. */
export const kill: Fault<ProcessTarget> = {
  kind: 'kill',
  about: 'The process gets SIGKILL: what it had not committed is lost, its data stays. Healing starts it again.',
  ...processFault,
  async inject(topology, parameters, _prng, tell) {
    return { heal: await endProcess(topology, parameters, 'killed', tell) };
  },
};
