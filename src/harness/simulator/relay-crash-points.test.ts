import { afterEach, expect, test } from '@jest/globals';
import type { HeldItem } from '../../contract/control.ts';
import { pause } from '../../support/clock.ts';
import { until } from '../../support/until.ts';
import type { NodeName } from '../topology/topology.ts';
import { joinedPair } from './joined-nodes.test-support.ts';
import type { SimulatedTopology } from './simulated-topology.ts';

let topology: SimulatedTopology;

afterEach(() => topology.stop());

/** Both nodes in one group and connected, with one item of node-a that the relay has acknowledged. */
async function settledPair(defects: readonly string[]): Promise<void> {
  topology = await joinedPair('crash points', defects);
  await topology.node('node-a').request('push', { body: body('first'), until: 'relay', deadlineMs: 20_000 });
}

function body(text: string): string {
  return Buffer.from(text).toString('base64');
}

async function held(node: NodeName): Promise<readonly HeldItem[]> {
  const answered = await topology.node(node).request('items', {});
  if (answered.outcome !== 'ok') throw new Error(answered.message);
  return answered.value.items;
}

/** Ends the relay at one moment of the second push, starts it again, and lets everything come to rest. */
async function endDuringPush(at: 'before' | 'after' | 'long after', how: 'crash' | 'power cut') {
  const acked: { readonly item: string; readonly cursor: number | null }[] = [];
  let isEnded = false;
  const end = () => {
    if (isEnded) return;
    isEnded = true;
    void (how === 'crash' ? topology.relay.crash() : topology.powerCut('relay'));
  };
  topology.node('node-a').onEvent((event) => {
    if (event.event !== 'acked') return;
    acked.push(event);
    if (at === 'long after') end(); // The acknowledgement is there.
  });
  topology.onStep((moment, { process, step }) => {
    if (moment === at && process === 'relay' && step === 'relay.push') end();
  });
  await topology.node('node-a').request('push', { body: body('second') });
  await until(topology.clock, {
    what: 'the end of the relay',
    probe: async () => isEnded,
    holds: (ended) => ended,
    everyMs: 1,
    timeoutMs: 5000,
  });
  await pause(topology.clock, 5000);
  await topology.relay.restart();
  await pause(topology.clock, 40_000);
  return { acked, a: await held('node-a'), b: await held('node-b') };
}

const points = (['before', 'after', 'long after'] as const).flatMap((at) =>
  (['crash', 'power cut'] as const).map((how) => ({ at, how })),
);

test.each(points)('a $how of the relay costs no item and no cursor: $at the commit of a push', async ({ at, how }) => {
  await settledPair([]);
  const { acked, a, b } = await endDuringPush(at, how);
  expect(a.map(({ cursor }) => cursor)).toEqual([1, 2]);
  expect(b).toEqual(a);
  // Each acknowledgement, also one that came before the end, is of the cursor at which the item is.
  expect(acked.length).toBeGreaterThan(0);
  expect(acked.every(({ item, cursor }) => a.find((one) => one.item === item)?.cursor === cursor)).toBe(true);
});

test('a relay that acknowledges before it writes loses the item at the last of these points', async () => {
  await settledPair(['ack-before-commit']);
  await pause(topology.clock, 10_000);
  const { acked, b } = await endDuringPush('long after', 'crash');
  expect(acked).toHaveLength(1);
  expect(b).toHaveLength(1);
});
