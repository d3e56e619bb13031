import type { Answered } from '../topology/topology.ts';
import { openSimulator } from './simulated-arena.ts';
import type { SimulatedTopology } from './simulated-topology.ts';

const arena = await openSimulator();

/** A pair whose nodes are in one group and connected; `seed` fixes all that is drawn. */
export async function joinedPair(seed: string, defects: readonly string[] = []): Promise<SimulatedTopology> {
  const options = { topology: 'pair', profile: 'chaos', image: 'test', seed, defects } as const;
  const topology = (await arena.openStage(options)) as SimulatedTopology;
  await topology.beginTrial({ mark: 'TestMark0123456789abcdef' });
  let invite: string | null = null;
  for (const name of topology.nodes) {
    const node = topology.node(name);
    await node.request('init', { name: `device of ${name}` });
    const relays = [...(await topology.relayAddresses(name))];
    const paired: Answered<'pair'> = await node.request('pair', { relays, ...(invite === null ? {} : { invite }) });
    if (paired.outcome !== 'ok') throw new Error(paired.message);
    invite ??= paired.value.invite;
    await node.request('connect', {});
  }
  return topology;
}
