import { expect, test } from '@jest/globals';
import { TestNode, World } from '../node/node-world.test-support.ts';
import { nodeChanges } from './changes.ts';

/** Two devices of one group on a link whose delay the test sets. */
class SlowLink {
  readonly world = new World();
  readonly a = new TestNode(this.world, 'node-a');
  readonly b = new TestNode(this.world, 'node-b');

  static async with(defects: readonly string[]): Promise<SlowLink> {
    const made = new SlowLink();
    const { world, a, b } = made;
    await world.startRelay();
    for (const node of [a, b]) {
      await node.restart({ changes: nodeChanges(defects, []) });
      await node.value('init', { name: 'device' });
    }
    const { invite } = await a.value('pair', { relays: [world.relayAddress] });
    await b.value('pair', { relays: ['relay:7000'], invite });
    for (const node of [a, b]) await node.value('connect');
    await world.clock.advance(1000);
    for (const node of [a, b]) await node.value('ping');
    return made;
  }

  /** From now on every byte takes so long one way. */
  set delayMs(delayMs: number) {
    this.world.cable.delayMs = delayMs;
  }

  /** What the device showed of its connection, in order. */
  statesOf(node: TestNode): string[] {
    return node.events.flatMap((event) => (event.event === 'state' ? [event.state] : []));
  }
}

test.each([
  { defects: [], sequences: [1, 2, 3, 4, 5, 6] },
  { defects: ['halves-taken-as-they-come'], sequences: [1, 4, 5, 6, 2, 3] },
])('with $defects six items pushed at once on a slow link arrive as $sequences', async ({ defects, sequences }) => {
  const link = await SlowLink.with(defects);
  link.delayMs = 100;
  for (let index = 1; index <= 6; index += 1) await link.a.server.node!.push(Buffer.from(`item ${index}`));
  await link.world.clock.advance(10_000);
  const received = link.b.events.flatMap((event) => (event.event === 'received' ? [event.sequence] : []));
  expect(received).toEqual(sequences);
});

test.each([
  { defects: [], delayMs: 100, held: ['one'] },
  { defects: ['slow-push-sent-anew'], delayMs: 70, held: ['one'] },
  { defects: ['slow-push-sent-anew'], delayMs: 100, held: ['one', 'one'] },
])(
  'with $defects a push on a link of $delayMs ms leaves the other device with $held',
  async ({ defects, delayMs, held }) => {
    const link = await SlowLink.with(defects);
    link.delayMs = delayMs;
    await link.a.push('one');
    await link.world.clock.advance(10_000);
    expect(await link.b.texts()).toEqual(held);
  },
);

test.each([
  { defects: [], state: 'connected' },
  { defects: ['degraded-for-ever'], state: 'degraded' },
])('with $defects a link that was slow for a moment is $state', async ({ defects, state }) => {
  const link = await SlowLink.with(defects);
  link.delayMs = 250;
  for (let count = 0; count < 2; count += 1) await link.a.value('ping');
  expect((await link.a.value('status')).state).toBe('degraded');
  link.delayMs = 5;
  for (let count = 0; count < 3; count += 1) await link.a.value('ping');
  expect((await link.a.value('status')).state).toBe(state);
});

test.each([
  { defects: [], isGivenUp: false },
  { defects: ['slow-taken-for-dead'], isGivenUp: true },
])('with $defects it is $isGivenUp that a link that becomes slow is given up', async ({ defects, isGivenUp }) => {
  const link = await SlowLink.with(defects);
  link.delayMs = 250;
  await link.a.server.node!.push(Buffer.from('one'));
  await link.world.clock.advance(30_000);
  expect(link.statesOf(link.a).includes('reconnecting')).toBe(isGivenUp);
});

test.each([
  { defects: [], delayMs: 550, state: 'connected' },
  { defects: ['welcome-within-a-second'], delayMs: 450, state: 'connected' },
  { defects: ['welcome-within-a-second'], delayMs: 550, state: 'reconnecting' },
  { defects: ['two-seconds-for-a-handshake'], delayMs: 300, state: 'connected' },
  { defects: ['two-seconds-for-a-handshake'], delayMs: 550, state: 'reconnecting' },
])('with $defects a device behind $delayMs ms becomes $state', async ({ defects, delayMs, state }) => {
  const link = await SlowLink.with(defects);
  await link.a.value('disconnect');
  await link.world.clock.advance(1000);
  link.delayMs = delayMs;
  const before = link.a.events.length;
  await link.a.value('connect');
  const isDecided = () =>
    link.a.events
      .slice(before)
      .some((event) => event.event === 'state' && /^(connected|reconnecting)$/.test(event.state));
  await link.world.until('a connection or its failure', isDecided);
  expect((await link.a.value('status')).state).toBe(state);
});

test.each([
  { defects: [], cursors: [1, 2, 3] },
  { defects: ['ack-taken-for-the-latest'], cursors: [3, 2, 1] },
])('with $defects three items on their way at once are told to have the cursors $cursors', async (row) => {
  const link = await SlowLink.with(row.defects);
  link.delayMs = 100;
  const items: string[] = [];
  for (const text of ['one', 'two', 'three']) items.push(await link.a.server.node!.push(Buffer.from(text)));
  await link.world.clock.advance(10_000);
  const told = new Map(
    link.a.events.flatMap((event) => (event.event === 'acked' ? [[event.item, event.cursor] as const] : [])),
  );
  expect(items.map((item) => told.get(item))).toEqual(row.cursors);
});

test.each([
  { defects: [], isLost: false },
  { defects: ['residue-lost'], isLost: true },
])('with $defects it is $isLost that a connection breaks when bytes come one by one', async ({ defects, isLost }) => {
  const link = await SlowLink.with(defects);
  link.world.cable.bytesAtOnce = 1;
  await link.a.server.node!.push(Buffer.from('one'));
  await link.world.clock.advance(15_000);
  expect(link.statesOf(link.a).includes('reconnecting')).toBe(isLost);
});

test.each([
  { defects: [], isOne: false },
  { defects: ['heartbeat-behind-page'], isOne: true },
])(
  'with $defects it is $isOne that three heartbeats without an answer yet leave as one',
  async ({ defects, isOne }) => {
    const link = await SlowLink.with(defects);
    link.delayMs = 400;
    const bytesSent = async (heartbeats: number) => {
      const before = link.a.server.node!.stats().bytesOut;
      await Promise.all(Array.from({ length: heartbeats }, () => link.a.value('ping')));
      return link.a.server.node!.stats().bytesOut - before;
    };
    const one = await bytesSent(1);
    expect(await bytesSent(3)).toBe(isOne ? one : 3 * one);
  },
);
