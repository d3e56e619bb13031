import { afterEach, describe, expect, test } from '@jest/globals';
import { pause } from '../../support/clock.ts';
import { Prng } from '../../support/prng.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import { connected, formGroup, holds, pushed } from '../topology/suite-steps.ts';
import type { Link, LossWitness, Topology } from '../topology/topology.ts';
import { healAll, type Injected } from './fault.ts';
import { faults } from './registry.ts';

const open: Topology[] = [];
afterEach(async () => {
  for (const topology of open.splice(0)) await topology.stop();
});

/** Two nodes of one group, connected, and a way to inject what a scenario would write. */
async function stage() {
  const arena = await openSimulator();
  const topology = await arena.openStage({
    topology: 'pair',
    profile: 'chaos',
    defects: [],
    image: 'test',
    seed: 'network-faults',
  });
  open.push(topology);
  await topology.beginTrial({ mark: 'FaultMark0123456789abcdef' });
  await formGroup(topology, topology.nodes);
  for (const node of topology.nodes) await connected(topology, node);
  const inject = (kind: string, written: object, prng = new Prng('fault'), iteration = 0): Promise<Injected> =>
    faults[kind]!.inject(topology, faults[kind]!.parameters.parse(written), prng, () => undefined, iteration);
  const listed = async () => {
    const all = await Promise.all(topology.nodes.map((node) => topology.link(node).inForce()));
    return topology.nodes.flatMap((node, index) =>
      all[index]!.map(({ ability, direction, measure }) =>
        [node, ability, direction, ...Object.values(measure)].join(' '),
      ),
    );
  };
  /** Pushes of A for so long, one every 100 ms. */
  const load = async (forMs: number) => {
    let item = '';
    for (let at = 0; at < forMs; at += 100) {
      item = await pushed(topology, 'node-a', at, 2000);
      await pause(topology.clock, 100);
    }
    return item;
  };
  return { topology, inject, listed, load };
}

type SpellsSeen = { spells: { fromMs: number; untilMs: number; packetsDropped: number }[]; packetsSeen: number };

describe('network faults', () => {
  test.each([
    {
      kind: 'latency',
      written: { link: 'node-a', direction: 'up', delay: '200ms', jitter: '50ms' },
      lists: ['node-a delay up 200 50'],
    },
    {
      kind: 'bandwidth',
      written: { link: ['node-a', 'node-b'], direction: 'down', rate: '16KB/s' },
      lists: ['node-a throttle down 16000', 'node-b throttle down 16000'],
    },
    {
      kind: 'scatter',
      written: { link: 'node-b', direction: 'down', delay: '20ms', jitter: '15ms' },
      lists: ['node-b scatter down 20 15'],
    },
    { kind: 'starve', written: { link: 'node-b' }, lists: ['node-b starve up 125'] },
    { kind: 'stall', written: { link: 'node-a' }, lists: ['node-a stall up', 'node-a stall down'] },
    { kind: 'stall', written: { link: 'node-a', direction: 'down' }, lists: ['node-a stall down'] },
    { kind: 'cut', written: { link: ['node-a', 'node-b'] }, lists: ['node-a cut ', 'node-b cut '] },
    { kind: 'reset', written: { link: 'node-a' }, lists: ['node-a reset up', 'node-a reset down'] },
    {
      kind: 'hold-close',
      written: { link: 'node-a', direction: 'down', delay: '1m' },
      lists: ['node-a hold-close down 60000'],
    },
    {
      kind: 'partition',
      written: { link: ['node-a', 'node-b'], mechanism: 'proxy' },
      lists: ['node-a stall up', 'node-a stall down', 'node-b stall up', 'node-b stall down'],
    },
    {
      kind: 'partition',
      written: { link: 'node-a', mechanism: 'kernel' },
      lists: ['node-a lose up 1', 'node-a lose down 1'],
    },
  ])('$kind $written is on its links until it heals, and its witness says so', async ({ kind, written, lists }) => {
    const { inject, listed } = await stage();
    const injected = await inject(kind, written);
    expect(await listed()).toEqual(lists);
    const witness = JSON.stringify((await injected.witness!())[kind]);
    for (const line of lists) expect(witness).toContain(`"ability":"${line.split(' ')[1]}"`);
    await injected.heal();
    await injected.heal();
    expect(await listed()).toEqual([]);
  });

  test.each([
    ['bandwidth', { link: 'node-a', rate: 0 }, 'whole KB/s, at least one'],
    ['bandwidth', { link: 'node-a', rate: 1500 }, 'whole KB/s, at least one'],
    ['bandwidth', { link: 'node-a', rate: '16KiB' }, 'a rate such as'],
    ['bandwidth-steps', { link: 'node-a', rates: ['1MB/s'], every: '1s' }, '2'],
    ['blackouts', { link: 'node-a', times: 3, each: '6s', every: '6s' }, '`every` longer than `each`'],
    ['wandering-latency', { link: 'node-a', min: '20ms', max: '10ms', every: '1s' }, '`max` at least as long'],
    ['starve', { link: 'node-a', rate: 0 }, '>0'],
    ['hold-close', { link: 'node-a', delay: '1s' }, 'direction'],
    ['partition', { link: 'node-a', mechanism: 'odd' }, 'alternate'],
  ])('%s refuses %j', (kind, written, says) => {
    const parsed = faults[kind]!.parameters.safeParse(written);
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error)).toContain(says);
  });

  test('a partition that alternates goes by the iteration and says which it is', async () => {
    const { inject } = await stage();
    const written = { link: 'node-a', mechanism: 'alternate' };
    const mechanisms: unknown[] = [];
    for (let iteration = 0; iteration < 4; iteration += 1) {
      const { drawn, witness, heal } = await inject('partition', written, new Prng('same'), iteration);
      expect((await witness!()).partition).toMatchObject(drawn as object);
      mechanisms.push((drawn as { mechanism: string }).mechanism);
      await heal();
    }
    expect(mechanisms).toEqual(['kernel', 'proxy', 'kernel', 'proxy']);
  });

  test.each([
    { forMs: 20_000, minutes: 0 },
    { forMs: 100_000, minutes: 2 },
    { forMs: 125_000, minutes: 2 },
  ])('a loss of $forMs ms tells what was dropped in $minutes minutes', async ({ forMs, minutes: count }) => {
    const { topology, inject } = await stage();
    const startMs = topology.clock.wallMs();
    const { witness, heal } = await inject('loss', { link: 'node-a', share: 0.3 });
    await pause(topology.clock, forMs);
    const { loss } = (await witness!()) as {
      loss: { packetsDropped: number; minutes: { fromMs: number; untilMs: number; packetsDropped: number }[] };
    };
    await heal();
    const ends = loss.minutes.map(({ fromMs, untilMs }) => [fromMs - startMs, untilMs - startMs]);
    expect(ends).toEqual(
      [
        [0, 60_000],
        [60_000, Math.min(forMs, 120_000)],
      ].slice(0, count),
    );
    expect(loss.packetsDropped).toBeGreaterThan(0);
    if (forMs === 100_000) {
      expect(loss.minutes.reduce((sum, one) => sum + one.packetsDropped, 0)).toBe(loss.packetsDropped);
    }
  });

  test('bandwidth-steps goes round its rates and tells each change', async () => {
    const { topology, inject, listed } = await stage();
    const startMs = topology.clock.wallMs();
    const written = { link: 'node-a', direction: 'up', rates: ['1MB/s', '10KB/s', '20KB/s'], every: '2s' };
    const { witness, heal } = await inject('bandwidth-steps', written);
    const seen = [await listed()];
    for (let step = 0; step < 4; step += 1) {
      await pause(topology.clock, 2000);
      seen.push(await listed());
    }
    expect(seen.flat().map((line) => Number(line.split(' ').at(-1)) / 1000)).toEqual([1000, 10, 20, 1000, 10]);
    const { changes } = (await witness!())['bandwidth-steps'] as {
      changes: { atMs: number; bytesPerSecond: number }[];
    };
    expect(changes.map(({ atMs, bytesPerSecond }) => [atMs - startMs, bytesPerSecond])).toEqual([
      [2000, 10_000],
      [4000, 20_000],
      [6000, 1_000_000],
      [8000, 10_000],
    ]);
    await heal();
    expect(await listed()).toEqual([]);
    await pause(topology.clock, 5000);
    expect(await listed()).toEqual([]);
  });

  test('wandering-latency draws each direction anew, between its bounds, and counts the changes', async () => {
    const { topology, inject, listed } = await stage();
    const written = { link: ['node-a', 'node-b'], min: '50ms', max: '200ms', every: '500ms' };
    const { witness, heal } = await inject('wandering-latency', written);
    const drawn = new Set<number>();
    for (let step = 0; step < 40; step += 1) {
      const delays = (await listed()).map((line) => Number(line.split(' ')[3]));
      expect(delays).toHaveLength(4);
      for (const delay of delays) drawn.add(delay);
      await pause(topology.clock, 500);
    }
    expect((await witness!())['wandering-latency']).toMatchObject({ changes: 4 * 40 });
    expect([
      Math.min(...drawn) >= 50,
      Math.min(...drawn) < 65,
      Math.max(...drawn) <= 200,
      Math.max(...drawn) > 185,
    ]).toEqual([true, true, true, true]);
    await heal();
    expect(await listed()).toEqual([]);
  });

  test('blackouts come so often and last so long, drop packets each time, and the pushes arrive after them', async () => {
    const { topology, inject, load } = await stage();
    const startMs = topology.clock.wallMs();
    const { witness, heal } = await inject('blackouts', { link: 'node-a', times: 3, each: '2s', every: '6s' });
    const item = await load(20_000);
    const { spells, packetsSeen } = (await witness!()).blackouts as SpellsSeen;
    expect(spells.map(({ fromMs, untilMs }) => [fromMs - startMs, untilMs - startMs])).toEqual([
      [0, 2000],
      [6000, 8000],
      [12_000, 14_000],
    ]);
    for (const { packetsDropped } of spells) expect(packetsDropped).toBeGreaterThan(0);
    expect(packetsSeen).toBeGreaterThan(spells.reduce((sum, spell) => sum + spell.packetsDropped, 0));
    await heal();
    await holds(topology, 'node-b', item);
  });

  test('correlated loss loses its share, in runs as long as its correlation makes them', async () => {
    const { topology, inject, listed, load } = await stage();
    const { witness, heal } = await inject('loss', { link: 'node-a', share: 0.1, correlation: 0.25 });
    expect(await listed()).toEqual(['node-a lose up 0.1 0.25', 'node-a lose down 0.1 0.25']);
    const item = await load(120_000);
    const { packetsSeen, packetsDropped, runs } = (await witness!()).loss as LossWitness;
    expect(packetsDropped / packetsSeen).toBeGreaterThan(0.085);
    expect(packetsDropped / packetsSeen).toBeLessThan(0.115);
    // One in 1 - 0.325 of them ends a run.
    expect(packetsDropped / runs).toBeGreaterThan(1.35);
    expect(packetsDropped / runs).toBeLessThan(1.6);
    await heal();
    await holds(topology, 'node-b', item);
  });

  test('a spell that is still on when the fault heals is ended and told', async () => {
    const { topology, inject, listed } = await stage();
    const { witness, heal } = await inject('blackouts', { link: 'node-a', times: 1, each: '30s', every: '60s' });
    await pause(topology.clock, 1000);
    expect(await listed()).toEqual(['node-a lose up 1', 'node-a lose down 1']);
    expect(((await witness!()).blackouts as SpellsSeen).spells).toHaveLength(1);
    await heal();
    expect(await listed()).toEqual([]);
  });

  test('a change that the arena refuses ends the steps, and the heal says why', async () => {
    const { topology, inject, listed } = await stage();
    const link = topology.link('node-a');
    const throttle = link.throttle.bind(link);
    (link as { throttle: Link['throttle'] }).throttle = async (shape) => ({
      ...(await throttle(shape)),
      change: () => Promise.reject(new Error('the proxy is gone')),
    });
    const written = { link: 'node-a', rates: ['1MB/s', '10KB/s'], every: '1s' };
    const { witness, heal } = await inject('bandwidth-steps', written);
    await pause(topology.clock, 5000);
    expect((await witness!())['bandwidth-steps']).toMatchObject({ changes: [] });
    await expect(healAll([heal])()).rejects.toThrow('the proxy is gone');
    expect(await listed()).toEqual([]);
  });

  test('when one part cannot be injected, those before it are healed', async () => {
    const { topology, inject, listed } = await stage();
    (topology.link('node-b') as { stall: Link['stall'] }).stall = () => Promise.reject(new Error('no such proxy'));
    await expect(inject('stall', { link: ['node-a', 'node-b'] })).rejects.toThrow('no such proxy');
    expect(await listed()).toEqual([]);
  });
});
