import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { pause } from '../../support/clock.ts';
import { until } from '../../support/until.ts';
import { parseRelayConfig } from '../../sut/relay/config.ts';
import type { StageOptions } from '../topology/topology.ts';
import { topologySuite } from '../topology/topology-suite.ts';
import { benchSimulator } from './bench-simulator.ts';
import { openSimulator, referenceCan, simulatedShapes } from './simulated-arena.ts';
import { SimulatedTopology } from './simulated-topology.ts';
import { ScriptedStepOrder } from './step-order.ts';
import { type SystemChanges, systemChanges } from './system-changes.ts';

const arena = await openSimulator();
const open: SimulatedTopology[] = [];

async function openStage(options: Partial<StageOptions> = {}): Promise<SimulatedTopology> {
  const all = { topology: 'pair', profile: 'chaos', defects: [], image: 'test', seed: 'test', ...options } as const;
  const topology = (await arena.openStage(all)) as SimulatedTopology;
  open.push(topology);
  return topology;
}

afterEach(async () => {
  for (const topology of open.splice(0)) await topology.stop();
});

topologySuite(
  'simulator',
  async () => {
    const options = { topology: 'mitm', profile: 'chaos', defects: [], image: 'test', seed: 'suite' } as const;
    const topology = (await arena.openStage(options)) as SimulatedTopology;
    return { topology, powerCut: (target) => topology.disks.powerCut(target) };
  },
  { describe, beforeAll, afterAll, test },
);

/** All nodes in one group and connected; the group's id. */
async function group(topology: SimulatedTopology): Promise<string> {
  await topology.beginTrial({ mark: 'TestMark0123456789abcdef' });
  let invite: string | undefined;
  let id = '';
  for (const name of topology.nodes) {
    const node = topology.node(name);
    await node.request('init', { name: `device of ${name}` });
    const relays = [...(await topology.relayAddresses(name))];
    const paired: Awaited<ReturnType<typeof pair>> = await pair(node, relays, invite);
    invite ??= paired.invite ?? undefined;
    id = paired.group;
    await node.request('connect', {});
  }
  return id;
}

async function pair(node: ReturnType<SimulatedTopology['node']>, relays: string[], invite: string | undefined) {
  const paired = await node.request('pair', { relays, ...(invite === undefined ? {} : { invite }) });
  if (paired.outcome !== 'ok') throw new Error(paired.message);
  return paired.value;
}

const body = Buffer.from('an item of some bytes').toString('base64');

async function itemCount(topology: SimulatedTopology, node: string): Promise<number> {
  const answered = await topology.node(node).request('items', {});
  if (answered.outcome !== 'ok') throw new Error(answered.message);
  return answered.value.items.length;
}

describe('simulated topology', () => {
  test.each([
    { at: 'before', kept: 0 },
    { at: 'after', kept: 1 },
  ] as const)('a crash $at the commit of a push leaves $kept items, and the push is unknown', async ({ at, kept }) => {
    const topology = await openStage();
    await group(topology);
    topology.onStep((moment, { process, step }) => {
      if (moment === at && process === 'node-a' && step === 'accept-push') void topology.node('node-a').crash();
    });
    const pushed = await topology.node('node-a').request('push', { body });
    expect(pushed).toMatchObject({ outcome: 'unknown', message: 'push: the process is gone' });
    topology.onStep(() => undefined);
    await topology.node('node-a').restart();
    expect(await itemCount(topology, 'node-a')).toBe(kept);
  });

  test('a power cut loses what a relaxed database had committed and not synced; a crash does not', async () => {
    const relaxed: SystemChanges = {
      ...systemChanges({ image: 'test', defects: [] }),
      node: [
        (parts) => {
          void parts.database.read('relax', (sql) => sql.all('PRAGMA synchronous = NORMAL').length);
          return parts;
        },
      ],
    };
    const path = join(import.meta.dirname, '../../../systems/reference/system.yml');
    const topology = await SimulatedTopology.open({
      shape: simulatedShapes[0]!,
      seed: 'relaxed',
      relayConfig: parseRelayConfig(path, {}),
      changes: relaxed,
      can: referenceCan,
    });
    open.push(topology);
    await group(topology);
    await topology.node('node-a').request('disconnect', {});
    expect((await topology.node('node-a').request('push', { body })).outcome).toBe('ok');
    await topology.node('node-a').crash();
    await topology.node('node-a').restart();
    expect(await itemCount(topology, 'node-a')).toBe(1);
    await topology.disks.powerCut('node-a');
    await topology.node('node-a').restart();
    expect(await itemCount(topology, 'node-a')).toBe(0);
  });

  test('a bug in the system ends its process and shows as an exit nobody ordered', async () => {
    const topology = await SimulatedTopology.open({
      shape: simulatedShapes[0]!,
      seed: 'bug',
      relayConfig: parseRelayConfig('relay.toml', {}),
      changes: {
        ...systemChanges({ image: 'test', defects: [] }),
        node: [
          (parts) => {
            parts.store.outbox.firstUnsealed = () => {
              throw new TypeError('on purpose');
            };
            return parts;
          },
        ],
      },
      can: referenceCan,
    });
    open.push(topology);
    const id = await group(topology);
    await until(topology.clock, {
      what: 'node-a to be gone',
      probe: () => topology.node('node-a').request('status', {}),
      holds: ({ outcome }) => outcome === 'unknown',
      everyMs: 100,
      timeoutMs: 10_000,
    });
    const { nodes, missing } = await topology.collect({ canaries: [], group: id, identifiers: [] });
    expect(nodes['node-a']).toMatchObject({ alive: false, unscheduledExits: ['uncaught TypeError: on purpose'] });
    expect(missing).toContainEqual({
      part: 'nodes.node-a.vector',
      because: 'unknown: status: the node is not running',
      byDesign: false,
    });
  });

  test('without session keys captures stay opaque, and the release image has none', async () => {
    const topology = await openStage({ image: 'release' });
    expect(topology.can).not.toContain('hooks');
    const id = await group(topology);
    await pause(topology.clock, 1000);
    const { captures, searches } = await topology.collect({ canaries: [], group: id, identifiers: [] });
    expect(
      captures.map(({ point, openedSessions, opaqueSessions }) => [point, openedSessions, opaqueSessions]),
    ).toEqual([
      ['relay', 0, 2],
      ['node-a', 0, 1],
      ['node-b', 0, 1],
    ]);
    expect(searches.filter(({ kind }) => kind === 'frames')).toEqual([]);
    await expect(topology.relay.hook('damage-items', { device: null })).rejects.toThrow('damage-items');
  });

  test('a hook of the relay is armed by name', async () => {
    const topology = await openStage();
    await topology.relay.hook('damage-items', { device: null });
    await expect(topology.relay.hook('nonesuch', {})).rejects.toThrow('"nonesuch"');
  });

  test.each(['trio', 'five'])('%s: an item of one node reaches all', async (shape) => {
    const topology = await openStage({ topology: shape });
    await group(topology);
    await topology.node('node-a').request('push', { body });
    await until(topology.clock, {
      what: 'the item to be everywhere',
      probe: () => Promise.all(topology.nodes.map((node) => itemCount(topology, node))),
      holds: (counts) => counts.every((count) => count === 1),
      everyMs: 50,
      timeoutMs: 5000,
    });
    expect(topology.nodes).toHaveLength(shape === 'trio' ? 3 : 5);
  });

  test('a scripted order of the database steps decides what runs, each script otherwise', async () => {
    const stepsUnder = async (script: ScriptedStepOrder) => {
      const topology = await openStage();
      await group(topology);
      const steps: string[] = [];
      topology.useStepOrder(script);
      topology.onStep((at, { process, step }) => {
        if (at === 'after') steps.push(`${process} ${step}`);
      });
      await Promise.all(topology.nodes.map((node) => topology.node(node).request('push', { body, until: 'relay' })));
      return steps.join('\n');
    };
    const seen = new Set<string>();
    let script: ScriptedStepOrder | null = new ScriptedStepOrder([]);
    for (let count = 0; count < 8 && script !== null; count += 1) {
      seen.add(await stepsUnder(script));
      script = script.following();
    }
    expect(seen.size).toBeGreaterThan(4);
    const [first] = seen;
    expect(await stepsUnder(new ScriptedStepOrder([]))).toBe(first);
  });

  test('names it does not know are refused with those it does', async () => {
    const topology = await openStage();
    expect(() => topology.node('node-z')).toThrow('node: expected one of node-a, node-b, got "node-z"');
    await expect(topology.relayAddresses('node-z')).rejects.toThrow('node-z');
    await expect(openStage({ topology: 'swarm' })).rejects.toThrow(
      'the simulator offers pair, mitm, trio, four-authors, five',
    );
    await expect(openStage({ defects: ['nonesuch'] })).rejects.toThrow('"nonesuch"');
    await expect(openStage({ profile: 'nonesuch' })).rejects.toThrow('relay-nonesuch.toml');
    await expect(openStage({ image: 'release', defects: ['first-cursor-zero'] })).rejects.toThrow('release image');
  });

  test('the arena says what it cannot do', () => {
    expect(arena.cannot('tap', 'mitm')).toBeNull();
    expect(arena.cannot('tap', 'pair')).toBe('the topology pair has no tap');
    expect(arena.cannot('delay', 'pair')).toBeNull();
    expect(arena.cannot('delay', 'swarm')).toContain('pair, mitm, trio, four-authors, five');
  });

  test('what the reference can is what its manifest says', () => {
    const manifest = readFileSync(join(import.meta.dirname, '../../../systems/reference/system.yml'), 'utf8');
    const listed = /^can:\n((?: {2}- .*\n)+)/m.exec(manifest)![1]!;
    expect(listed.match(/[a-z-]+$/gm)).toEqual(referenceCan);
    expect(arena.canOf('release')).toEqual(referenceCan.filter((can) => can !== 'hooks'));
  });

  test('the benchmark tells each part of a trial', async () => {
    const parts = await benchSimulator({ arena, nowMs: () => performance.now(), rounds: 2 });
    expect(parts.map(({ part }) => part)).toEqual([
      'open',
      'group',
      'load',
      'settle',
      'collect',
      'stop',
      'whole trial',
    ]);
    for (const { medianMs, largestMs } of parts) expect(largestMs).toBeGreaterThanOrEqual(medianMs);
  });
});
