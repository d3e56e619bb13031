import { describe, expect, test } from '@jest/globals';
import { TestNode, World } from '../node/node-world.test-support.ts';
import type { NodeChange } from '../node/parts.ts';
import { nodeChanges, relayChanges } from './changes.ts';
import { RelayHooks } from './relay-hooks.ts';

/** Two connected devices of one group, and their relay, all with the named defect. */
class Connected {
  readonly world = new World();
  readonly a = new TestNode(this.world, 'node-a');
  readonly b = new TestNode(this.world, 'node-b');
  /** So many bytes of what a node sends at once get into the cable. */
  bytesMax = Number.POSITIVE_INFINITY;
  readonly #defects: readonly string[];
  readonly #breaksOff: NodeChange = (parts) => ({
    ...parts,
    ports: {
      ...parts.ports,
      dialer: {
        dial: (address, events) => {
          const connection = parts.ports.dialer.dial(address, events);
          const send = connection.send.bind(connection);
          connection.send = (bytes) => send(bytes.subarray(0, this.bytesMax));
          return connection;
        },
      },
    },
  });

  private constructor(defects: readonly string[]) {
    this.#defects = defects;
  }

  static async with(...defects: readonly string[]): Promise<Connected> {
    const made = new Connected(defects);
    const { world, a, b } = made;
    await made.startRelay();
    for (const node of [a, b]) {
      await made.start(node);
      await node.value('init', { name: 'device' });
    }
    const { invite } = await a.value('pair', { relays: [world.relayAddress] });
    await b.value('pair', { relays: ['relay:7000'], invite });
    for (const node of [a, b]) {
      await node.value('connect');
      await made.isBack(node);
    }
    return made;
  }

  /** A copy of the storage has nothing of what the process before kept in memory. */
  start(node: TestNode, storage?: Uint8Array): Promise<void> {
    const changes = [...nodeChanges(this.#defects, []), this.#breaksOff];
    return node.restart({ changes, ...(storage === undefined ? {} : { storage }) });
  }

  startRelay(): Promise<void> {
    return this.world.startRelay(relayChanges(this.#defects, new RelayHooks([])));
  }

  /** The process is gone in the middle of what it did, and another starts on the same storage. */
  async crashRelay(): Promise<void> {
    this.world.cable.close();
    this.world.cable.drop();
    await this.startRelay();
  }

  async isBack(node: TestNode): Promise<void> {
    await this.world.until('a connection', async () => (await node.server.node!.status()).state === 'connected');
  }
}

describe('ack-before-commit', () => {
  /** What B holds of an item that was acknowledged just before the relay crashed. */
  async function heldAfterCrash(...defects: readonly string[]): Promise<readonly string[]> {
    const connected = await Connected.with(...defects);
    const { world, a, b } = connected;
    await a.push('early');
    await world.clock.advance(5_000);
    await a.push('late');
    await world.until(
      'the acknowledgement',
      () => a.events.filter(({ event }) => event === 'acked').length === 2,
      500,
      1,
    );
    await b.value('disconnect'); // Else it might have the item by now.
    await connected.crashRelay();
    await b.value('connect');
    await world.clock.advance(30_000);
    return b.texts();
  }

  test('an item that was acknowledged before the relay crashed is gone', async () => {
    expect(await heldAfterCrash()).toEqual(['early', 'late']);
    expect(await heldAfterCrash('ack-before-commit')).toEqual(['early']);
  });
});

describe('cursor-recomputed', () => {
  /** The cursor of the first item after a restart of a relay that had one, which both devices have. */
  async function cursorAfterRestart(...defects: readonly string[]): Promise<number> {
    const connected = await Connected.with(...defects);
    const { world, a, b } = connected;
    await a.push('one');
    await world.clock.advance(10_000); // A heartbeat of each tells the relay.
    await a.value('disconnect'); // It would push its item again.
    await world.stopRelay();
    await connected.startRelay();
    await connected.isBack(b);
    await b.push('two');
    await world.clock.advance(30_000);
    const acked = b.events.find(({ event }) => event === 'acked');
    return (acked as { cursor: number }).cursor;
  }

  test('a cursor that named an item names another after a restart', async () => {
    expect(await cursorAfterRestart()).toBe(2);
    expect(await cursorAfterRestart('cursor-recomputed')).toBe(1);
  });
});

describe('newest-first', () => {
  /** The numbers of A's items in the order of their cursors. */
  async function orderAtRelay(...defects: readonly string[]): Promise<readonly number[]> {
    const { world, a } = await Connected.with(...defects);
    world.cable.drop();
    for (const text of ['one', 'two', 'three']) await a.push(text);
    await world.clock.advance(30_000);
    const acked = a.events.flatMap((event) => (event.event === 'acked' ? [event] : []));
    return acked.toSorted((one, other) => one.cursor! - other.cursor!).map(({ sequence }) => sequence!);
  }

  test('items that waited arrive in the wrong order', async () => {
    expect(await orderAtRelay()).toEqual([1, 2, 3]);
    expect(await orderAtRelay('newest-first')).toEqual([3, 2, 1]);
  });
});

describe('provisional-cursor', () => {
  /** How often a device holds its item under another cursor than the relay gave it. */
  async function wrongCursors(...defects: readonly string[]): Promise<number> {
    const { world, a, b } = await Connected.with(...defects);
    world.cable.drop();
    await world.clock.advance(20); // Both know.
    for (const node of [a, b]) await node.push('offline');
    await world.clock.advance(60_000);
    const rows = await Promise.all([a, b].map((node) => node.manifest()));
    const acked = [a, b].flatMap(({ events }) => events.flatMap((event) => (event.event === 'acked' ? [event] : [])));
    expect(acked).toHaveLength(2);
    return acked.filter(({ item, cursor }) => rows.flat().some((row) => row.item === item && row.cursor !== cursor))
      .length;
  }

  test('an item made offline keeps the cursor its device made up', async () => {
    expect(await wrongCursors()).toBe(0);
    expect(await wrongCursors('provisional-cursor')).toBe(1);
  });
});

describe('outbox-in-memory-only', () => {
  /** What B holds after A crashed with an item that it had accepted and not sent. */
  async function heldAfterCrash(...defects: readonly string[]): Promise<readonly string[]> {
    const connected = await Connected.with(...defects);
    const { world, a, b } = connected;
    world.cable.mutedNodes.add('node-a');
    await a.push('accepted');
    await world.clock.advance(100); // It is sealed and goes out.
    await connected.start(a, a.home.copy());
    world.cable.drop();
    world.cable.mutedNodes.clear();
    await world.clock.advance(60_000);
    expect(await a.texts()).toEqual(['accepted']);
    return b.texts();
  }

  test('an accepted item is never sent after a crash', async () => {
    expect(await heldAfterCrash()).toEqual(['accepted']);
    expect(await heldAfterCrash('outbox-in-memory-only')).toEqual([]);
  });
});

describe('partial-frame-stored', () => {
  /** Sizes of what B holds, and what waits at A, after a push of 200,000 bytes broke off and was done again. */
  async function storedAfterCut(...defects: readonly string[]) {
    const connected = await Connected.with(...defects);
    const { world, a, b } = connected;
    connected.bytesMax = 100_000;
    await a.push('x'.repeat(200_000));
    await world.clock.advance(50);
    connected.bytesMax = Number.POSITIVE_INFINITY;
    world.cable.drop();
    await world.clock.advance(30_000);
    return { held: (await b.texts()).map((text) => text.length), waiting: (await a.server.node!.status()).pending };
  }

  test('half a push takes the place of the whole one for good', async () => {
    expect(await storedAfterCut()).toEqual({ held: [200_000], waiting: 0 });
    expect(await storedAfterCut('partial-frame-stored')).toEqual({ held: [], waiting: 1 });
  });
});

describe('unfinished-push-stored', () => {
  /** Cursors that the relay has given when half of a push has been there for three seconds. */
  async function givenMeanwhile(...defects: readonly string[]): Promise<number> {
    const connected = await Connected.with(...defects);
    connected.bytesMax = 100_000;
    await connected.a.push('x'.repeat(200_000));
    await connected.world.clock.advance(3000);
    return (await connected.world.relay!.stats()).groups[0]!.headCursor;
  }

  test('half a push has a cursor before the rest of it has come', async () => {
    expect(await givenMeanwhile()).toBe(0);
    expect(await givenMeanwhile('unfinished-push-stored')).toBe(1);
  });
});

describe('connection-wish-in-memory-only', () => {
  /** How the device stands that was connected when its process died, ten seconds after the next one started. */
  async function stateAfterCrash(...defects: readonly string[]): Promise<string> {
    const connected = await Connected.with(...defects);
    const { world, a } = connected;
    a.server.kill();
    await connected.start(a);
    await world.clock.advance(10_000);
    return (await a.value('status')).state;
  }

  test('nobody tells the device to connect again', async () => {
    expect(await stateAfterCrash()).toBe('connected');
    expect(await stateAfterCrash('connection-wish-in-memory-only')).toBe('disconnected');
  });
});
