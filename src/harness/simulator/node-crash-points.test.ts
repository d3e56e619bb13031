import { afterEach, expect, test } from '@jest/globals';
import { pause } from '../../support/clock.ts';
import { until } from '../../support/until.ts';
import { joinedPair } from './joined-nodes.test-support.ts';
import type { SimulatedTopology } from './simulated-topology.ts';

let topology: SimulatedTopology;

afterEach(() => topology.stop());

/** Both nodes in one group and connected. */
async function openPair(defects: readonly string[]): Promise<void> {
  topology = await joinedPair('node crash points', defects);
  await push('node-a', 'first');
  await push('node-b', 'second');
  await pause(topology.clock, 2_000);
}

async function push(node: 'node-a' | 'node-b', text: string): Promise<string | null> {
  const answered = await topology.node(node).request('push', { body: Buffer.from(text).toString('base64') });
  return answered.outcome === 'ok' ? answered.value.item : null;
}

type Moment = 'before' | 'after';
type How = 'crash' | 'power cut';

/** Ends node-a at one durable step, starts it again without a word, and lets everything come to rest. */
async function endAt(step: string, at: Moment, how: How) {
  let isEnded = false;
  topology.onStep((moment, seen) => {
    if (isEnded || moment !== at || seen.process !== 'node-a' || seen.step !== step) return;
    isEnded = true;
    void (how === 'crash' ? topology.node('node-a').crash() : topology.disks.powerCut('node-a'));
  });
  const accepted = await Promise.all([push('node-a', 'third'), push('node-b', 'fourth')]);
  await until(topology.clock, {
    what: `the end of node-a ${at} ${step}`,
    probe: async () => isEnded,
    holds: (ended) => ended,
    everyMs: 1,
    timeoutMs: 5_000,
  });
  await pause(topology.clock, 1_000);
  await topology.node('node-a').restart();
  await pause(topology.clock, 10_000);
  await push('node-a', 'fifth');
  await pause(topology.clock, 30_000);
  return accepted.filter((item) => item !== null);
}

async function standing(node: string) {
  const [items, status] = await Promise.all([
    topology.node(node).request('items', {}),
    topology.node(node).request('status', {}),
  ]);
  if (items.outcome !== 'ok' || status.outcome !== 'ok') throw new Error(`${node} does not answer`);
  const { pending, vector, cursor } = status.value;
  return { items: items.value.items.map(({ item }) => item).sort(), pending, vector, cursor };
}

const points = ['accept-push', 'seal', 'push-acked', 'apply-page'].flatMap((step) =>
  (['before', 'after'] as const).flatMap((at) => (['crash', 'power cut'] as const).map((how) => ({ step, at, how }))),
);

test.each(points)('a $how of a node $at $step costs nothing that was accepted', async ({ step, at, how }) => {
  await openPair([]);
  const accepted = await endAt(step, at, how);
  const [a, b] = [await standing('node-a'), await standing('node-b')];
  expect(a).toEqual(b);
  expect(a.pending).toBe(0);
  expect(a.items).toEqual(expect.arrayContaining(accepted));
  expect(new Set(a.items).size).toBe(a.items.length);
});

test('a node that writes its vector later is behind for good after one of these points', async () => {
  await openPair(['vector-written-later']);
  await endAt('seal', 'after', 'crash');
  expect((await standing('node-a')).vector).not.toEqual((await standing('node-b')).vector);
});
