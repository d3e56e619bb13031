import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Topology } from '../topology/topology.ts';
import type { Fault, Injected, Tell } from './fault.ts';
import { endProcess } from './process-fault.ts';

const parameters = z.strictObject({ target: nodeName });

/** The node's data become those of the moment when the fault began, as from an old copy. */
export const setBack: Fault<z.output<typeof parameters>> = {
  kind: 'set-back',
  about: 'At the heal the node’s data become those of the fault’s beginning again: all it did since is gone for it.',
  parameters,
  abilities: ['cut'],
  linksOf: ({ target }) => [target],
  inject: (topology, { target }, _prng, tell) => comeBackOnOldData(topology, target, tell, async () => {}),
};

/**
 * At the heal the node starts on the data it has now, changed by `change`; what it does from now on is gone for it, though
 * others know of it. It is stopped for a moment when its data are saved, and again when they are set back; its link is
 * cut while it starts on them.
 */
export async function comeBackOnOldData(
  topology: Topology,
  target: string,
  tell: Tell,
  change: () => Promise<void>,
): Promise<Injected> {
  const node = topology.node(target);
  const startSaved = await endProcess(topology, { target }, 'stopped', tell);
  const putBack = await node.saveVolume();
  await startSaved();
  return {
    async heal() {
      const startAgain = await endProcess(topology, { target }, 'stopped', tell);
      await putBack();
      await change();
      tell({ kind: 'process', target, event: 'set-back' });
      // Before it can catch up it is asked where it is; only it reads its data.
      const giveLinkBack = await topology.link(target).cut();
      try {
        await startAgain();
        const status = await node.request('status', {});
        const cursor = status.outcome === 'ok' ? status.value.cursor : null;
        tell({ kind: 'witness', name: 'set-back', value: { node: target, cursor } });
      } finally {
        await giveLinkBack();
      }
    },
  };
}
