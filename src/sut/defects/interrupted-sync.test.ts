import { describe, expect, test } from '@jest/globals';
import { TestNode, World } from '../node/node-world.test-support.ts';
import type { RelayParts } from '../relay/parts.ts';
import { nodeChanges, relayChanges } from './changes.ts';
import { RelayHooks } from './relay-hooks.ts';

/** Two devices of one group, connected, all with the defects that are named. */
class Interrupted {
  readonly world = new World();
  readonly a = new TestNode(this.world, 'node-a');
  readonly b = new TestNode(this.world, 'node-b');
  relayParts: RelayParts | null = null;

  static async with(defects: readonly string[]): Promise<Interrupted> {
    const made = new Interrupted();
    const { world, a, b } = made;
    await world.startRelay([
      ...relayChanges(defects, new RelayHooks([])),
      (parts) => {
        made.relayParts = parts;
        return parts;
      },
    ]);
    for (const node of [a, b]) {
      await node.restart({ changes: nodeChanges(defects, []) });
      await node.value('init', { name: 'device' });
    }
    const { invite } = await a.value('pair', { relays: [world.relayAddress] });
    await b.value('pair', { relays: ['relay:7000'], invite });
    for (const node of [a, b]) await made.connected(node);
    return made;
  }

  async connected(node: TestNode): Promise<void> {
    await node.server.node!.connect();
    await this.#connectedNow(node);
  }

  /** At the very moment, before what the node then sends has arrived. */
  async #connectedNow(node: TestNode): Promise<void> {
    const isConnected = async () => (await node.server.node!.status()).state === 'connected';
    await this.world.until('a connection', isConnected, 30_000, 1);
  }

  /** B comes back to three items of A and is cut off after the relay has written them and before they are there. */
  async cutInAnswer(): Promise<void> {
    const { world, a, b } = this;
    await b.value('disconnect');
    for (const text of ['one', 'two', 'three']) await a.push(text);
    await world.clock.advance(1000);
    await a.value('ping'); // So that the relay knows that A has them.
    await this.connected(b);
    await world.clock.advance(world.cable.delayMs + 1);
    world.cable.mutedNodes.add('relay');
    await world.clock.advance(world.cable.delayMs);
    world.cable.drop();
    await world.clock.advance(2 * world.cable.delayMs);
    world.cable.mutedNodes.clear();
  }
}

const all = ['one', 'three', 'two'];

describe.each([
  { defects: [], says: 'the correct system', held: all },
  { defects: ['outbox-cleared-on-send'], says: 'outbox-cleared-on-send', held: [] },
  { defects: ['new-id-per-retry'], says: 'new-id-per-retry', held: ['one'] },
])('$says, when a push is cut off before the relay has it', ({ defects, held }) => {
  test('and when the connection is back', async () => {
    const { world, a, b } = await Interrupted.with(defects);
    world.cable.mutedNodes.add('node-a');
    const item = await a.push('one');
    await world.clock.advance(100);
    world.cable.drop();
    world.cable.mutedNodes.clear();
    await world.clock.advance(30_000);
    expect(await b.texts()).toEqual(held.slice(0, 1));
    expect((await a.value('status')).pending).toBe(0);
    const ids = (await a.manifest()).map((row) => row.item);
    expect(ids.includes(item)).toBe(!defects.includes('new-id-per-retry'));
  });
});

test.each([
  { defects: [], held: all, cursor: 0, later: all },
  { defects: ['delivered-when-sent'], held: all, cursor: 0, later: [] },
  { defects: ['cursor-saved-before-items'], held: all, cursor: 3, later: [] },
])('with $defects a cut in an answer leaves the cursor at $cursor, and later there is $later', async (row) => {
  const cut = await Interrupted.with(row.defects);
  await cut.cutInAnswer();
  const status = await cut.b.server.node!.status();
  expect({ cursor: status.cursor, held: await cut.b.texts() }).toEqual({ cursor: row.cursor, held: [] });
  await cut.relayParts!.store.cleanup();
  await cut.world.clock.advance(30_000);
  expect(await cut.b.texts()).toEqual(row.later);
  expect(await cut.a.texts()).toEqual(row.held);
});

test.each([
  { defects: [], held: all },
  { defects: ['head-taken-as-seen'], held: [] },
])('with $defects a node that was away pulls $held', async ({ defects, held }) => {
  const { world, a, b } = await Interrupted.with(defects);
  await b.value('disconnect');
  for (const text of ['one', 'two', 'three']) await a.push(text);
  await world.clock.advance(1000);
  await b.value('connect');
  await world.clock.advance(30_000);
  expect(await b.texts()).toEqual(held);
  expect((await b.value('status')).cursor).toBe(3);
});

test.each([
  { defects: [], held: ['one'] },
  { defects: ['vector-before-items'], held: [] },
])('with $defects a vector that counts an item goes with $held', async ({ defects, held }) => {
  const { world, a, b } = await Interrupted.with(defects);
  const empty = (await b.value('status')).vector;
  await a.push('one');
  const counts = async () => (await b.server.node!.status()).vector !== empty;
  await world.until('the vector to count the item', counts, 5000, 1);
  expect(await b.texts()).toEqual(held);
  await world.clock.advance(1000);
  expect(await b.texts()).toEqual(['one']);
});

test('vector-before-items drops a page whose connection ended meanwhile, and pulls it on the next', async () => {
  const { world, a, b } = await Interrupted.with(['vector-before-items']);
  await a.push('one');
  await world.clock.advance(100);
  world.cable.drop();
  await world.clock.advance(500);
  expect(await b.texts()).toEqual([]);
  await world.clock.advance(30_000);
  expect(await b.texts()).toEqual(['one']);
});
