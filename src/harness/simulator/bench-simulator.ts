import { utf8 } from '../../support/bytes.ts';
import { pause } from '../../support/clock.ts';
import type { Answered, Arena, Topology } from '../topology/topology.ts';

export interface SimulatorBenchOptions {
  readonly arena: Arena;
  /** The machine's own time; the simulator has none. */
  readonly nowMs: () => number;
  readonly rounds: number;
}

/** One part of a simulated trial: median and largest real milliseconds. */
export interface BenchedPart {
  readonly part: string;
  readonly medianMs: number;
  readonly largestMs: number;
}

const pushCount = 50;
const itemBytes = 1024;
const mark = 'BenchMark0123456789abcdef';

/**
 * What a simulated trial of 2 x 50 items of 1 KiB costs, part by part. A passphrase is derived in each, as in every trial
 * of the runner. Judging is not measured here.
 */
export async function benchSimulator({ arena, nowMs, rounds }: SimulatorBenchOptions): Promise<BenchedPart[]> {
  const spent = new Map<string, number[]>();
  const timed = async <T>(part: string, work: () => Promise<T>): Promise<T> => {
    const startedMs = nowMs();
    const result = await work();
    spent.set(part, [...(spent.get(part) ?? []), nowMs() - startedMs]);
    return result;
  };
  for (let round = 0; round < rounds; round += 1) {
    await timed('whole trial', async () => {
      const options = {
        topology: 'pair',
        profile: 'chaos',
        defects: [],
        image: 'test',
        seed: `bench/${round}`,
      } as const;
      const topology = await timed('open', () => arena.openStage(options));
      const group = await timed('group', () => formGroup(topology, `passphrase ${round}`));
      await timed('load', () => pushAll(topology));
      await timed('settle', () => pause(topology.clock, 3000));
      const canaries = [{ label: 'content', bytes: utf8('bench-content') }];
      await timed('collect', () => topology.collect({ canaries, group, identifiers: [] }));
      await timed('stop', () => topology.stop());
    });
  }
  return [...spent].map(([part, times]) => {
    const sorted = times.toSorted((a, b) => a - b);
    return { part, medianMs: sorted[Math.floor(sorted.length / 2)]!, largestMs: sorted.at(-1)! };
  });
}

async function formGroup(topology: Topology, passphrase: string): Promise<string> {
  await topology.beginTrial({ mark });
  let invite: string | null = null;
  let group = '';
  for (const name of topology.nodes) {
    const node = topology.node(name);
    const relays = [...(await topology.relayAddresses(name))];
    await node.request('init', { name: `bench device ${name}` });
    const joining: { passphrase?: string; invite?: string } = invite === null ? { passphrase } : { invite };
    const paired: Answered<'pair'> = await node.request('pair', { relays, ...joining });
    if (paired.outcome !== 'ok') throw new Error(`bench: pairing ${name}: ${paired.message}`);
    invite ??= paired.value.invite;
    group = paired.value.group;
    await node.request('connect', {});
  }
  return group;
}

async function pushAll(topology: Topology): Promise<void> {
  const body = Buffer.from('bench-content '.repeat(itemBytes).slice(0, itemBytes)).toString('base64');
  await Promise.all(
    topology.nodes.map(async (name) => {
      for (let index = 0; index < pushCount; index += 1) await topology.node(name).request('push', { body });
    }),
  );
}
