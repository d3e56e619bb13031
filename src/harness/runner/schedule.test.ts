import { beforeAll, describe, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import { parseScenario } from '../scenario/load-scenario.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import type { Arena } from '../topology/topology.ts';
import { runTrial } from './trial.ts';

let simulator: Arena;

beforeAll(async () => {
  simulator = await openSimulator();
});

/** Runs one trial with these faults and this load, in virtual time. */
async function runWith(faults: string, load: string, { armed = true } = {}): Promise<TrialRecord> {
  const { variants } = parseScenario(
    'scenarios/transport/T-LAT-01-fixed-latency.yml',
    [
      'id: T-LAT-01',
      'name: fixed-latency',
      'why: Shows when faults begin and end.',
      'topology: pair',
      'iterations: 10',
      'seed: none',
      'observe: 500ms',
      `faults: [${faults}]`,
      `load: ${load}`,
      'afterwards: [{ ping: node-a }]',
      'proof: [{ packets-dropped: { min: 1 } }]',
      'planted: []',
    ]
      .join('\n')
      .replaceAll('DELAY', 'kind: loss, link: node-a, share: 0.01'),
  );
  const topology = await simulator.openStage({
    topology: 'pair',
    profile: 'chaos',
    defects: [],
    image: 'test',
    seed: '0x1',
  });
  try {
    return await runTrial(topology, {
      scenario: 'T-LAT-01',
      variant: variants[0]!,
      iteration: 0,
      seed: '0x1',
      prng: new Prng('0x1'),
      armed,
      closingPart: false,
      baseline: cleanNetwork,
    });
  } finally {
    await topology.stop();
  }
}

/** Milliseconds from the start of the load. */
function timesOf(record: TrialRecord, kind: 'injected' | 'healed'): number[] {
  const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')!.atMs;
  return entriesOf(record.entries, kind).map(({ atMs }) => Math.round(atMs - startMs));
}

const pushes = '[{ push: { from: node-a, count: 10, every: 500ms } }]';

describe('a fault', () => {
  test('without a trigger is on before the first step and healed after the last', async () => {
    const record = await runWith('{ DELAY }', pushes);
    expect(timesOf(record, 'injected')[0]).toBeLessThan(5);
    expect(timesOf(record, 'healed')[0]).toBeGreaterThanOrEqual(5000);
  });

  test('lasts exactly its time, and the load is not over before', async () => {
    const record = await runWith('{ DELAY, for: 8s, when: { elapsed: 1s } }', pushes);
    expect(timesOf(record, 'injected')).toEqual([1000]);
    expect(timesOf(record, 'healed')).toEqual([9000]);
  });

  test.each([true, false])('ends in the midst of the load when the load says so (armed: %s)', async (armed) => {
    const record = await runWith('{ DELAY }, { DELAY }', '[{ wait: 2s }, { heal: { fault: 1 } }, { wait: 1s }]', {
      armed,
    });
    const healed = entriesOf(record.entries, 'healed').map(({ fault }) => fault);
    expect({ healed, atMs: timesOf(record, 'healed') }).toEqual({ healed: [1, 0], atMs: [2000, 3000] });
  });

  test('that never began cannot be ended by the load, which says so and goes on', async () => {
    const faults = '{ DELAY, when: { announced: { node: node-b, event: acked } } }';
    const record = await runWith(faults, '[{ heal: { fault: 0 } }, { wait: 1s }]');
    expect(entriesOf(record.entries, 'gave-up').map(({ waitedFor }) => waitedFor)).toContain('the heal of fault 0');
    expect(timesOf(record, 'healed')).toEqual([]);
  });

  test('strikes at a moment drawn between two times, the same from the same seed', async () => {
    const draw = () => runWith('{ DELAY, for: 1s, when: { elapsed: { from: 1s, to: 3s } } }', pushes);
    const [first, again] = [await draw(), await draw()];
    expect(timesOf(first, 'injected')[0]).toBeGreaterThan(1000);
    expect(timesOf(first, 'injected')[0]).toBeLessThan(3000);
    expect(timesOf(again, 'injected')).toEqual(timesOf(first, 'injected'));
  });

  test('strikes at the acknowledgement that was asked for', async () => {
    const record = await runWith(
      '{ DELAY, for: 1s, when: { announced: { node: node-a, event: acked, count: 4 } } }',
      pushes,
    );
    const fourth = entriesOf(record.entries, 'event').filter(({ event }) => event.event === 'acked')[3]!;
    const injected = entriesOf(record.entries, 'injected')[0]!;
    expect(injected.index).toBeGreaterThan(fourth.index);
    expect(injected.atMs - fourth.atMs).toBeLessThan(5);
  });

  test('strikes while a push is not acknowledged', async () => {
    const record = await runWith('{ DELAY, for: 1s, when: { unacknowledged: { node: node-a, after: 2 } } }', pushes);
    const before = record.entries.slice(0, entriesOf(record.entries, 'injected')[0]!.index);
    const events = entriesOf(before, 'event').map(({ event }) => event.event);
    expect(events.filter((event) => event === 'acked')).toHaveLength(2);
    expect(events.filter((event) => event === 'sealed')).toHaveLength(3);
  });

  test('follows another one', async () => {
    const record = await runWith(
      '{ DELAY, for: 1s }, { DELAY, for: 1s, when: { healed: { fault: 0, after: 2s } } }',
      pushes,
    );
    expect(timesOf(record, 'injected').at(1)).toBeGreaterThanOrEqual(3000);
    expect(timesOf(record, 'injected').at(1)).toBeLessThan(3010);
  });

  test('whose trigger never comes is given up, and the trial goes on to its end', async () => {
    const record = await runWith(
      '{ DELAY, within: 2s, when: { announced: { node: node-a, event: acked, count: 99 } } }',
      pushes,
    );
    expect(entriesOf(record.entries, 'injected')).toEqual([]);
    expect(entriesOf(record.entries, 'gave-up').map(({ waitedFor }) => waitedFor)).toEqual([
      'the trigger announced of fault 0',
    ]);
    expect(entriesOf(record.entries, 'settled').map(({ reached }) => reached)).toEqual([true]);
  });

  test('disarmed keeps its times and does nothing', async () => {
    const record = await runWith('{ DELAY, for: 8s, when: { elapsed: 1s } }', pushes, { armed: false });
    expect(timesOf(record, 'injected')).toEqual([1000]);
    expect(timesOf(record, 'healed')).toEqual([9000]);
    expect(entriesOf(record.entries, 'injected').map(({ disarmed }) => disarmed)).toEqual([true]);
  });
});

describe('a load', () => {
  test('in lanes runs side by side; what comes afterwards comes after the heal', async () => {
    const lanes =
      '{ first: [{ push: { from: node-a, count: 4, every: 1s } }], second: [{ push: { from: node-b, count: 4, every: 1s } }] }';
    const record = await runWith('{ DELAY, for: 5s }', lanes);
    const invoked = entriesOf(record.entries, 'invoked').filter(({ op }) => op === 'push');
    expect(invoked.slice(0, 4).map(({ node }) => node)).toEqual(['node-a', 'node-b', 'node-a', 'node-b']);
    expect(invoked[0]!.part).toBe('load.first[0].push');
    const healed = entriesOf(record.entries, 'healed')[0]!;
    const ping = entriesOf(record.entries, 'invoked').find(({ op }) => op === 'ping')!;
    expect(ping.index).toBeGreaterThan(healed.index);
  });

  test('waits for a fault', async () => {
    const record = await runWith(
      '{ DELAY, for: 2s, when: { elapsed: 1s } }',
      '[{ wait: { fault: 0, is: healed } }, { push: { from: node-a, count: 1 } }]',
    );
    const push = entriesOf(record.entries, 'invoked').find(({ op }) => op === 'push')!;
    expect(push.index).toBeGreaterThan(entriesOf(record.entries, 'healed')[0]!.index);
  });

  test('is watched: what the relay says of itself, by the names of the nodes', async () => {
    const record = await runWith('{ DELAY }', pushes);
    const samples = entriesOf(record.entries, 'witness').filter(({ name }) => name === 'relay');
    expect(samples.length).toBeGreaterThanOrEqual(10);
    expect(samples.at(-1)!.value).toMatchObject({ sessions: { 'node-a': [{}], 'node-b': [{}] }, headCursor: 10 });
  });
});
