import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Heal, ProcessControl, ProcessState, Topology } from '../topology/topology.ts';
import type { Tell } from './fault.ts';

export const processTarget = z.strictObject({
  target: z.union([z.literal('relay'), nodeName], 'relay, or a node such as "node-a"'),
});

export type ProcessTarget = z.output<typeof processTarget>;

/** What faults of processes have in common: whom they strike, and what is written down of it. */
export const processFault = { parameters: processTarget, abilities: [], linksOf } as const;

function linksOf({ target }: ProcessTarget): readonly string[] {
  return target === 'relay' ? [] : [target];
}

/** Ends the process of `target` in one of two ways; the heal starts it again on its data. */
export async function endProcess(
  topology: Topology,
  { target }: ProcessTarget,
  how: 'killed' | 'stopped',
  tell: Tell,
): Promise<Heal> {
  const control = processOf(topology, target);
  await (how === 'killed' ? control.crash() : control.shutDown());
  tell({ kind: 'process', target, event: how });
  await tellState(control, target, tell);
  return startAgain(control, target, tell);
}

/** The heal of a process that ended: another one on its data. */
export function startAgain(control: ProcessControl, target: string, tell: Tell): Heal {
  return async () => {
    await control.restart();
    tell({ kind: 'process', target, event: 'started' });
    await tellState(control, target, tell);
  };
}

export function processOf(topology: Topology, target: string): ProcessControl {
  return target === 'relay' ? topology.relay : topology.node(target);
}

/** Writes down what the arena says of the process now. */
export async function tellState(control: ProcessControl, target: string, tell: Tell): Promise<void> {
  tell({ kind: 'witness', name: 'process', value: await stateOf(control, target) });
}

export async function stateOf(control: ProcessControl, target: string): Promise<ProcessState & ProcessTarget> {
  return { target, ...(await control.inspect()) };
}
