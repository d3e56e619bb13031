import { afterEach, describe, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import { connected, formGroup, holds, inState, pushed } from '../topology/suite-steps.ts';
import type { Topology } from '../topology/topology.ts';
import type { Tell } from './fault.ts';
import { faults } from './registry.ts';

const open: Topology[] = [];
afterEach(async () => {
  for (const topology of open.splice(0)) await topology.stop();
});

/** Two connected nodes, a way to inject what a scenario would write, and what the faults told. */
async function stage() {
  const arena = await openSimulator();
  const options = { topology: 'pair', profile: 'chaos', defects: [], image: 'test', seed: 'process-faults' } as const;
  const topology = await arena.openStage(options);
  open.push(topology);
  await topology.beginTrial({ mark: 'FaultMark0123456789abcdef' });
  await formGroup(topology, topology.nodes);
  for (const node of topology.nodes) await connected(topology, node);
  const facts: Parameters<Tell>[0][] = [];
  const inject = (kind: string, written: object) =>
    faults[kind]!.inject(
      topology,
      faults[kind]!.parameters.parse(written),
      new Prng('fault'),
      (fact) => facts.push(fact),
      0,
    );
  const events = () => facts.flatMap((fact) => (fact.kind === 'process' ? [`${fact.target} ${fact.event}`] : []));
  const witnesses = (name: string) =>
    facts.flatMap((fact) => (fact.kind === 'witness' && fact.name === name ? [fact.value] : []));
  return { topology, inject, events, witnesses };
}

describe('process faults', () => {
  test.each([
    { kind: 'kill', target: 'relay', event: 'killed', exitCode: 137 },
    { kind: 'kill', target: 'node-a', event: 'killed', exitCode: 137 },
    { kind: 'power-cut', target: 'relay', event: 'killed', exitCode: 137 },
    { kind: 'power-cut', target: 'node-a', event: 'killed', exitCode: 137 },
    { kind: 'stop', target: 'relay', event: 'stopped', exitCode: 0 },
    { kind: 'stop', target: 'node-a', event: 'stopped', exitCode: 0 },
  ])(
    '$kind of $target: it is gone with exit code $exitCode, and another process of its data after the heal',
    async ({ kind, target, event, exitCode }) => {
      const { topology, inject, events, witnesses } = await stage();
      const { heal } = await inject(kind, { target });
      const control = target === 'relay' ? topology.relay : topology.node(target);
      expect(await control.inspect()).toMatchObject({ status: 'ended', exitCode });
      await heal();
      expect(events()).toEqual([`${target} ${event}`, `${target} started`]);
      const [ended, started] = witnesses('process') as { status: string; startedAtMs: number }[];
      expect([ended, started]).toMatchObject([
        { target, status: 'ended', exitCode },
        { target, status: 'running' },
      ]);
      expect(started!.startedAtMs).toBeGreaterThan(ended!.startedAtMs);
      await holds(topology, 'node-b', await pushed(topology, 'node-a', 1));
    },
  );

  test.each(['relay', 'node-b'])('pause of %s: it stands still to the heal, and goes on', async (target) => {
    const { topology, inject, events, witnesses } = await stage();
    const { heal, witness } = await inject('pause', { target });
    const item = await pushed(topology, 'node-a', 1);
    expect(await witness!()).toMatchObject({ process: { target, status: 'paused' } });
    await heal();
    expect(events()).toEqual([`${target} paused`, `${target} resumed`]);
    expect(witnesses('process')).toMatchObject([{ target, status: 'paused' }]);
    await holds(topology, 'node-b', item);
  });

  test('detach: the node is on no network to the heal, and catches up after it', async () => {
    const { topology, inject, witnesses } = await stage();
    const { heal, witness } = await inject('detach', { node: 'node-b' });
    const item = await pushed(topology, 'node-a', 1);
    await inState(topology, 'node-b', (state) => state === 'reconnecting');
    expect(await witness!()).toEqual({ networks: { node: 'node-b', networks: [] } });
    await heal();
    expect(witnesses('networks')).toEqual([
      { node: 'node-b', networks: [] },
      { node: 'node-b', networks: ['data'] },
    ]);
    await holds(topology, 'node-b', item);
  });

  test('set-back: the node comes back as far as it was, and catches up', async () => {
    const { topology, inject, events, witnesses } = await stage();
    await holds(topology, 'node-b', await pushed(topology, 'node-a', 0));
    const { heal } = await inject('set-back', { target: 'node-b' });
    let item = '';
    for (let number = 1; number <= 5; number += 1) item = await pushed(topology, 'node-a', number);
    await holds(topology, 'node-b', item);
    await heal();
    const [stopped, started, setBack] = ['stopped', 'started', 'set-back'].map((event) => `node-b ${event}`);
    expect(events()).toEqual([stopped, started, stopped, setBack, started]);
    expect(witnesses('set-back')).toEqual([{ node: 'node-b', cursor: 1 }]);
    await holds(topology, 'node-b', item);
  });

  test('set-cursor: the node comes back with that cursor, and catches up from it or, above the head, from the start', async () => {
    const { topology, inject, events, witnesses } = await stage();
    await holds(topology, 'node-b', await pushed(topology, 'node-a', 0));
    for (const cursor of [0, 3]) {
      const { heal } = await inject('set-cursor', { target: 'node-b', cursor });
      await heal();
      expect(witnesses('set-back').at(-1)).toEqual({ node: 'node-b', cursor });
      await connected(topology, 'node-b');
      await holds(topology, 'node-b', await pushed(topology, 'node-a', cursor));
    }
    expect(events().filter((event) => event === 'node-b set-back')).toHaveLength(2);
  });

  test('expire: what is older than the newest items is gone from the relay, and nothing brings it back', async () => {
    const { topology, inject } = await stage();
    await holds(topology, 'node-b', await pushed(topology, 'node-a', 0));
    await holds(topology, 'node-b', await pushed(topology, 'node-a', 1));
    const { heal } = await inject('expire', { keep: 1 });
    await heal();
    expect((await topology.relay.stats())!.groups).toMatchObject([{ headCursor: 2, blobs: 1 }]);
    await holds(topology, 'node-b', await pushed(topology, 'node-a', 2));
  });

  test.each([
    ['expire', { keep: 0 }],
    ['kill', { target: 'proxy' }],
    ['kill', {}],
    ['set-back', { target: 'relay' }],
    ['detach', { node: 'relay' }],
  ])('%s refuses %j', (kind, written) => {
    expect(faults[kind]!.parameters.safeParse(written).success).toBe(false);
  });
});
