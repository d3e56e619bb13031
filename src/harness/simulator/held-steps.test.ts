import { afterEach, expect, test } from '@jest/globals';
import { until } from '../../support/until.ts';
import { joinedPair } from './joined-nodes.test-support.ts';
import type { SimulatedTopology } from './simulated-topology.ts';
import type { ReadyStep } from './step-order.ts';

let topology: SimulatedTopology;

afterEach(() => topology.stop());

const body = Buffer.from('an item of some bytes').toString('base64');

async function push(until: 'local' | 'relay' = 'local') {
  return topology.node('node-a').request('push', { body, until, deadlineMs: 20_000 });
}

/** The relay stands at this moment of storing the second of the next pushes; answers what lets it go on. */
async function heldAt(moment: 'before' | 'uncommitted' | 'after', steps: readonly string[] = ['relay.push']) {
  topology = await joinedPair('held steps');
  await push('relay');
  let heldAtStep: string | null = null;
  const letGo = await topology.disks.holdAt({ process: 'relay', steps, moment, nth: 2 }, (step) => {
    heldAtStep = step;
  });
  await push();
  await push();
  expect(steps).toContain(await once(() => heldAtStep));
  expect((await topology.relay.inspect()).status).toBe('paused');
  return letGo;
}

async function once<T>(probe: () => T | null): Promise<T> {
  const holds = (seen: T | null) => seen !== null;
  return (await until(topology.clock, { what: 'the hold', probe, holds, everyMs: 1, timeoutMs: 5000 }))!;
}

async function head(): Promise<number> {
  return (await topology.relay.stats())!.groups[0]!.headCursor;
}

test.each([
  { moment: 'before', stored: 2 },
  { moment: 'uncommitted', stored: 2 },
  { moment: 'after', stored: 3 },
] as const)('a relay that ends $moment the commit of the third push has $stored', async ({ moment, stored }) => {
  const letGo = await heldAt(moment);
  const giveLinksBack = await Promise.all(topology.nodes.map((node) => topology.link(node).cut()));
  await topology.relay.crash();
  await letGo();
  await topology.relay.restart();
  expect(await head()).toBe(stored);
  for (const heal of giveLinksBack) await heal();
});

test.each(['before', 'uncommitted', 'after'] as const)(
  'one that is let go at %s goes on as if nothing was',
  async (moment) => {
    const letGo = await heldAt(moment);
    await letGo();
    expect((await topology.relay.inspect()).status).toBe('running');
    expect(await push('relay')).toMatchObject({ outcome: 'ok', value: { level: 'relay', cursor: 4 } });
    expect(await head()).toBe(4);
  },
);

test('a step of any of several names can be the one', async () => {
  const letGo = await heldAt('before', ['relay.pull', 'relay.push']);
  await letGo();
});

test('without names each step that writes counts, and none that reads', async () => {
  topology = await joinedPair('held steps');
  const seen: ReadyStep[] = [];
  topology.onStep((at, step) => {
    if (at === 'before' && step.process === 'node-a') seen.push(step);
  });
  let heldAtStep: string | null = null;
  const at = { process: 'node-a', steps: undefined, moment: 'before', nth: 3 } as const;
  const letGo = await topology.disks.holdAt(at, (step) => {
    heldAtStep = step;
  });
  await push();
  expect(await once(() => heldAtStep)).toBe(seen.at(-1)!.step);
  expect(seen.filter(({ isWrite }) => isWrite)).toHaveLength(3);
  expect(seen.length).toBeGreaterThan(3);
  await letGo();
});

test('a hold that is taken out before its step comes holds nothing', async () => {
  topology = await joinedPair('held steps');
  const takeOut = await topology.disks.holdAt(
    { process: 'relay', steps: ['relay.push'], moment: 'before', nth: 1 },
    () => expect(true).toBe(false),
  );
  await takeOut();
  expect(await push('relay')).toMatchObject({ outcome: 'ok', value: { level: 'relay' } });
});
