import { describe, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import type { PulledBlob } from '../core/messages.ts';
import type { RelayParts } from '../relay/parts.ts';
import { Responses } from '../relay/responses.ts';
import { TestNode, World } from './node-world.test-support.ts';

test('two devices exchange items both ways and end with the same vector', async () => {
  const { world, a, b } = await connectedPair();
  await a.push('from a');
  await b.push('from b');
  await world.converged(a, b);
  expect(await a.texts()).toEqual(['from a', 'from b']);
  expect(await b.texts()).toEqual(['from a', 'from b']);
  expect(await a.manifest()).toEqual(await b.manifest());
});

test('a push is saved at once, numbered by its seal and acknowledged with its cursor', async () => {
  const { world, a, b } = await connectedPair();
  expect(await a.value('push', { body: 'AAEC' })).toMatchObject({ level: 'local', sequence: null, cursor: null });
  const pushed = await a.value('push', { body: 'AAEC', until: 'relay' });
  expect(pushed).toMatchObject({ level: 'relay', sequence: 2, cursor: 2 });
  await world.converged(a, b);
  const kinds = a.events.map(({ event }) => event).filter((event) => event === 'sealed' || event === 'acked');
  expect(kinds).toEqual(['sealed', 'acked', 'sealed', 'acked']);
  expect(b.events.filter(({ event }) => event === 'received')).toHaveLength(2);
});

test('a restart keeps items, outbox and identity, and connects again without being told', async () => {
  const { world, a, b } = await connectedPair();
  await a.push('before');
  await world.converged(a, b);
  world.cable.isCut = true;
  await a.push('while cut');
  await a.restart();
  expect((await a.value('status')).pending).toBe(1);
  world.cable.isCut = false;
  await world.converged(a, b);
  expect(await b.texts()).toEqual(['before', 'while cut']);
});

test('pushes of many sizes from both sides survive a link that drops again and again', async () => {
  const { world, a, b } = await connectedPair();
  const prng = new Prng('drops');
  for (let round = 0; round < 12; round += 1) {
    for (const node of [a, b]) await node.push(`${round} ${'x'.repeat(prng.below(90_000))}`);
    await world.clock.advance(prng.below(60));
    world.cable.drop();
    await world.clock.advance(prng.below(3000));
  }
  await world.converged(a, b);
  expect(await a.texts()).toHaveLength(24);
  expect(await b.texts()).toEqual(await a.texts());
  expect(await storedBlobs(world)).toBe(24);
});

test('a crash before or after any durable step of a busy device loses and doubles nothing', async () => {
  let steps = 0;
  // The first round only counts: it never comes to its dying step.
  for (let dyingStep = -1; dyingStep < steps; dyingStep += 1) {
    const { world, a, b } = await connectedPair();
    const first = await a.push('first');
    await world.converged(a, b);
    const accepted = new Set(['first']);
    let seen = 0;
    a.home.diesAt = () => {
      const dies = seen === dyingStep;
      seen += 1;
      if (dies) a.server.kill();
      return dies;
    };
    const busy = async (): Promise<void> => {
      const node = a.server.node!;
      for (let round = 0; round < 3; round += 1) {
        await node.push(Buffer.from(`a ${round}`));
        accepted.add(`a ${round}`);
      }
      await node.delete(first as never);
      accepted.delete('first');
    };
    // After the crash it waits for ever, or finds its device closed.
    busy().catch(() => undefined);
    for (let round = 0; round < 3; round += 1) await b.push(`b ${round}`);
    await world.clock.advance(500);
    a.home.diesAt = () => false;
    if (dyingStep === -1) steps = seen;
    else expect(a.server.node).toBeNull();
    if (a.server.node === null) await a.restart();
    await world.converged(a, b);
    const texts = await b.texts();
    expect(texts).toEqual(await a.texts());
    for (const text of accepted) {
      if (text !== 'first') expect(texts.filter((held) => held === text)).toEqual([text]);
    }
    expect(await b.manifest()).toEqual(await a.manifest());
    const own = (await b.manifest()).filter(({ author }) => author === a.server.node?.identity.id);
    const sealed = a.events.flatMap((told) => (told.event === 'sealed' ? [told.item] : []));
    expect(sealed).toEqual(expect.arrayContaining(own.map(({ item }) => item)));
    expect(await storedBlobs(world)).toBeGreaterThanOrEqual(accepted.size + 3);
  }
  expect(steps).toBeGreaterThan(20);
}, 60_000);

test('numbers follow the order of acceptance, and so do the cursors of one author', async () => {
  const { world, a, b } = await connectedPair();
  const pushed: string[] = [];
  for (let index = 0; index < 70; index += 1) pushed.push(await a.push(`item ${index}`));
  await world.converged(a, b);
  const { items } = await b.value('items');
  expect(items.map(({ item }: { item: string }) => item)).toEqual(pushed);
  expect(items.map(({ sequence }: { sequence: number }) => sequence)).toEqual(pushed.map((_, index) => index + 1));
});

test('without digests the same items are told, the deleted one among them', async () => {
  const { world, a, b } = await connectedPair();
  const first = await a.push('one');
  await a.push('another');
  await world.converged(a, b);
  await a.value('delete', { item: first });
  await world.converged(a, b);
  for (const node of [a, b]) {
    const { items } = await node.value('items');
    expect(items).toMatchObject([{ deleted: true }, { deleted: false, bytes: 7 }]);
    const outline = items.map((item: object) => ({ ...item, digest: null }));
    expect(await node.value('items', { digests: false })).toEqual({ items: outline });
  }
});

test('items are asked for in pages of the size it was told, until the process ends', async () => {
  const { world, a, b } = await connectedPair();
  await b.value('disconnect');
  for (let index = 0; index < 12; index += 1) await a.push(`item ${index}`);
  await world.clock.advance(500);
  const pulls = async () => (await b.value('stats')).pulls;
  await b.value('page', { items: 5 });
  const before = await pulls();
  await b.value('connect');
  await world.converged(a, b);
  expect((await pulls()) - before).toBe(3);
  await b.restart();
  await b.value('disconnect');
  for (let index = 0; index < 12; index += 1) await a.push(`more ${index}`);
  await world.clock.advance(500);
  await b.value('connect');
  await world.converged(a, b);
  expect(await pulls()).toBe(1);
});

test.each([
  { after: 0, items: 5, cursors: [1, 2, 3, 4, 5, 6, 7], pages: 2 },
  { after: 3, items: 1, cursors: [4, 5, 6, 7], pages: 4 },
  { after: 7, items: 5000, cursors: [], pages: 1 },
])(
  'reading after $after by $items gives what is there and changes nothing',
  async ({ after, items, cursors, pages }) => {
    const { world, a, b } = await connectedPair();
    for (let index = 0; index < 7; index += 1) await a.push(`item ${index}`);
    await world.converged(a, b);
    const { pulls } = await b.value('stats');
    const held = await b.value('items');
    expect(await b.value('read', { after, items })).toEqual({ cursors });
    expect(((await b.value('stats')).pulls as number) - pulls).toBe(pages);
    expect(await b.value('items')).toEqual(held);
  },
);

test('the relay stops and comes back: nothing is lost and nothing is asked from the start again', async () => {
  const { world, a, b } = await connectedPair();
  await a.push('first');
  await world.converged(a, b);
  await world.stopRelay();
  await a.push('meanwhile');
  await world.clock.advance(20_000);
  expect((await a.value('status')).state).toBe('reconnecting');
  await world.startRelay();
  await world.converged(a, b);
  expect(await b.texts()).toEqual(['first', 'meanwhile']);
  expect(await b.value('stats')).toMatchObject({ fullRescans: 0, reconnects: 1 });
});

test('a deleted item is gone everywhere, for devices that were away too, and the vectors agree', async () => {
  const { world, a, b } = await connectedPair();
  const doomed = await a.push('doomed');
  await a.push('kept');
  await world.converged(a, b);
  await b.value('disconnect');
  const { tombstone } = await a.value('delete', { item: doomed });
  expect(await a.value('delete', { item: doomed })).toEqual({ tombstone });
  await b.value('connect');
  await world.converged(a, b);
  expect(await b.texts()).toEqual([`deleted ${doomed}`, 'kept']);
  expect(await b.manifest()).toEqual(await a.manifest());
});

test('an item that the relay dropped before a device ever saw it counts through its tombstone', async () => {
  const { world, a, b } = await connectedPair();
  await b.value('disconnect');
  const doomed = await a.push('doomed');
  await world.until('the push', async () => (await a.value('status')).pending === 0);
  await a.server.node!.delete(doomed as never, { force: true });
  await world.until('the tombstone', async () => (await a.value('status')).pending === 0);
  await world.clock.advance(200);
  await b.value('connect');
  await world.converged(a, b);
  expect(await b.texts()).toEqual([`deleted ${doomed}`]);
  expect(await b.manifest()).toEqual(await a.manifest());
});

test('an item that is deleted before it could be sent is still numbered and deleted everywhere', async () => {
  const { world, a, b } = await connectedPair({ connect: false });
  const doomed = await a.push('doomed');
  await a.value('delete', { item: doomed });
  await a.value('connect');
  await b.value('connect');
  await world.converged(a, b);
  expect(await b.texts()).toEqual([`deleted ${doomed}`]);
  expect((await a.value('outbox')).entries).toEqual([]);
});

test('a damaged blob stays outstanding over a restart, holds the acknowledgement back, and is recovered', async () => {
  const damage = new Damage((blob) => blob.cursor === 2);
  const { world, a, b } = await connectedPair({ relayChange: damage.change });
  for (const text of ['one', 'two', 'three']) await a.push(text);
  await world.until('three cursors', async () => (await b.value('status')).cursor === 3);
  await world.clock.advance(12_000);
  const [refused] = (await b.value('status')).outstanding;
  expect(refused).toMatchObject({ cursor: 2, reason: 'authentication' });
  expect(refused.asked).toBeGreaterThan(0);
  expect(await b.texts()).toEqual(['one', 'three']);

  await b.restart();
  await world.clock.advance(2000);
  expect((await b.value('status')).outstanding).toHaveLength(1);
  const acked = await world.relayDatabase.read('acked', (sql) =>
    sql.get<{ lowest: number }>('SELECT MIN(acked_cursor) AS lowest FROM devices'),
  );
  expect(acked?.lowest).toBe(1);

  damage.isOn = false;
  await world.converged(a, b);
  expect(await b.texts()).toEqual(['one', 'three', 'two']);
  expect(b.events.some((event) => event.event === 'recovered' && event.cursor === 2)).toBe(true);
});

test('a blob served at a cursor before the one asked for ends the session and is not kept', async () => {
  const damage = new Damage(
    () => true,
    (blob) => flipped({ ...blob, cursor: 0 }),
  );
  const { world, a, b } = await connectedPair({ relayChange: damage.change });
  await a.push('one');
  await world.until('the end of the session', () =>
    b.logLines.some((line) => line.includes('"session-ended","reason":"unreadable"')),
  );
  expect((await b.value('status')).outstanding).toEqual([]);
  damage.isOn = false;
  await world.converged(a, b);
  expect(await b.texts()).toEqual(['one']);
});

test('a blob that leaves the relay while it is outstanding becomes a gap with a name', async () => {
  const damage = new Damage((blob) => blob.cursor === 1);
  const { world, a, b } = await connectedPair({ relayChange: damage.change });
  await a.push('lost');
  await a.push('kept');
  await world.until('the refusal', async () => (await b.value('status')).outstanding.length === 1);
  await world.relayDatabase.transaction('expire', (sql) => sql.run('DELETE FROM blobs WHERE cursor = 1'));
  await world.until('an empty list', async () => (await b.value('status')).outstanding.length === 0);
  expect(b.events.filter(({ event }) => event === 'gap')).toMatchObject([{ fromCursor: 1, toCursor: 1 }]);
});

test('blobs that expired while a device was away are told as a gap, once', async () => {
  const { world, a, b } = await connectedPair();
  await a.push('one');
  await world.converged(a, b);
  await b.value('disconnect');
  for (const text of ['two', 'three', 'four']) await a.push(text);
  await world.until('the pushes', async () => (await a.value('status')).pending === 0);
  await world.relayDatabase.transaction('expire', (sql) => sql.run('DELETE FROM blobs WHERE cursor IN (2, 3)'));
  await b.value('connect');
  await world.clock.advance(60_000);
  expect(await b.texts()).toEqual(['four', 'one']);
  expect(b.events.filter(({ event }) => event === 'gap')).toMatchObject([{ fromCursor: 2, toCursor: 3 }]);
});

test('a tail that expired is settled by the answer that lacks it, with no further question, and told as a gap', async () => {
  const { world, a, b } = await connectedPair();
  await b.value('disconnect');
  for (const text of ['one', 'two', 'three']) await a.push(text);
  await world.until('the pushes', async () => (await a.value('status')).pending === 0);
  await world.relayDatabase.transaction('expire', (sql) => sql.run('DELETE FROM blobs WHERE cursor > 1'));
  await b.value('connect');
  await world.until('the head', async () => (await b.value('status')).cursor === 3);
  await world.clock.advance(30_000);
  expect((await b.value('stats')).pulls).toBe(1);
  expect(b.events.filter(({ event }) => event === 'gap')).toMatchObject([{ fromCursor: 2, toCursor: 3 }]);
});

test('what is missing between the last blob that is left and an item of its own is told as a gap', async () => {
  const { world, a, b } = await connectedPair();
  await a.push('one');
  await world.converged(a, b);
  await b.value('disconnect');
  for (const text of ['two', 'three']) await a.push(text);
  await world.until('the pushes', async () => (await a.value('status')).pending === 0);
  await world.relayDatabase.transaction('expire', (sql) => sql.run('DELETE FROM blobs WHERE cursor > 1'));
  await b.push('four');
  await b.value('connect');
  await world.until('the push', async () => (await b.value('status')).pending === 0);
  await world.clock.advance(60_000);
  expect(await b.texts()).toEqual(['four', 'one']);
  expect(b.events.filter(({ event }) => event === 'gap')).toMatchObject([{ fromCursor: 2, toCursor: 3 }]);
});

test('a device set back to an older copy is told which of its own items the relay no longer has', async () => {
  const { world, a, b } = await connectedPair();
  await a.push('one');
  await world.converged(a, b);
  const copy = a.home.copy();
  for (const text of ['two', 'three', 'four']) await a.push(text);
  await world.converged(a, b);
  await world.relayDatabase.transaction('expire', (sql) => sql.run('DELETE FROM blobs WHERE cursor IN (2, 3)'));
  await a.restart({ storage: copy });
  await a.push('five');
  await world.clock.advance(60_000);
  expect(await a.texts()).toEqual(['five', 'four', 'one']);
  expect(a.events.filter(({ event }) => event === 'gap')).toMatchObject([{ fromCursor: 2, toCursor: 3 }]);
});

test('a device set back to an older copy of its storage takes its own items back and uses no number twice', async () => {
  const { world, a, b } = await connectedPair();
  await a.push('one');
  await world.converged(a, b);
  const copy = a.home.copy();
  await a.push('two');
  await a.push('three');
  await world.converged(a, b);
  await a.restart({ storage: copy });
  await a.push('four');
  await world.converged(a, b);
  expect(await a.texts()).toEqual(['four', 'one', 'three', 'two']);
  expect(await b.value('items')).toMatchObject({ items: [1, 2, 3, 4].map((sequence) => ({ sequence })) });
});

test('a push saved in an older copy that the relay already has is not pushed a second time', async () => {
  const { world, a, b } = await connectedPair({ connect: false });
  await b.value('connect');
  await a.push('one');
  const copy = a.home.copy();
  await a.value('connect');
  await world.converged(a, b);
  await a.restart({ storage: copy });
  await a.value('connect');
  await world.converged(a, b);
  expect(await b.value('items')).toMatchObject({ items: [{ sequence: 1, cursor: 1 }] });
});

test('a relay that went back to an older state gets what it lacks again', async () => {
  const { world, a, b } = await connectedPair();
  for (const text of ['one', 'two', 'three']) await a.push(text);
  await world.converged(a, b);
  const vector = (await b.value('status')).vector;
  await a.value('disconnect');
  await world.stopRelay();
  await world.relayDatabase.transaction('roll-back', (sql) => {
    sql.run('DELETE FROM blobs WHERE cursor > 1');
    sql.run('UPDATE group_cursors SET next_cursor = 2');
    sql.run('UPDATE devices SET acked_cursor = MIN(acked_cursor, 1)');
  });
  await world.startRelay();
  await world.until('b to notice', async () => (await b.value('stats')).fullRescans === 1);
  await a.value('connect');
  await world.until('three blobs at the relay', async () => (await storedBlobs(world)) === 3);
  await world.converged(a, b);
  expect(await b.texts()).toEqual(['one', 'three', 'two']);
  expect((await b.value('status')).vector).toBe(vector);
});

test.each([
  { arrive: 'whole', breaksUp: false },
  { arrive: 'in pieces', breaksUp: true },
])('a way to the relay that died is noticed although its announcements go on, $arrive', async ({ breaksUp }) => {
  const { world, a, b } = await connectedPair();
  world.cable.breaksUp = breaksUp;
  world.cable.mutedNodes.add('node-a');
  let announced = 0;
  const isGone = async (): Promise<boolean> => {
    announced += 1;
    if (announced % 50 === 0) await b.server.node!.push(new Uint8Array(10));
    return (await a.server.node!.status()).state === 'reconnecting';
  };
  await world.until('node-a to notice', isGone, 16_000);
  expect(a.logLines.join()).toContain('"reason":"no-progress"');
  world.cable.mutedNodes.clear();
  await world.converged(a, b);
});

test('slow answers show as degraded, and quick ones clear it, without a new connection', async () => {
  const { world, a } = await connectedPair();
  world.cable.delayMs = 250;
  await world.until('degraded', async () => (await a.value('status')).state === 'degraded', 12_000);
  world.cable.delayMs = 5;
  await world.until('connected', async () => (await a.value('status')).state === 'connected', 12_000);
  expect((await a.value('stats')).reconnects).toBe(0);
});

test('a relay with other keys than the invite names is refused, again and again', async () => {
  const { world, a, b } = await connectedPair({ connect: false });
  await a.value('reopen', { relays: [`relay:7000/${'A'.repeat(43)}`] });
  await a.value('connect');
  await world.until('two attempts', () => a.events.filter(({ event }) => event === 'handshake-failed').length >= 2);
  expect(a.events.find(({ event }) => event === 'handshake-failed')).toMatchObject({ stage: 'm2', reason: 'peer' });
  expect((await a.value('status')).terminalError).toBeNull();
  expect(b.events).toEqual([]);
});

test('a revoked device stops and says why', async () => {
  const { world, a, b } = await connectedPair();
  await a.push('one');
  await world.converged(a, b);
  await b.value('disconnect');
  await world.relayDatabase.transaction('revoke', (sql) =>
    sql.run('UPDATE devices SET revoked_at = 1 WHERE device_id = ?', b.server.node!.identity.id),
  );
  await b.value('connect');
  await world.until('the end', async () => (await b.value('status')).state === 'stopped');
  expect((await b.value('status')).terminalError).toBe('DEVICE_REVOKED');
});

test('a session that another one of the same device replaces comes back by itself', async () => {
  const { world, a, b } = await connectedPair();
  const twin = new TestNode(world, 'twin');
  twin.home.keyFile.write(b.home.keyFile.read()!);
  await twin.value('reopen', { relays: [world.relayAddress] });
  await twin.value('connect');
  await world.until('the replacement', async () => (await b.server.node!.status()).state === 'reconnecting');
  await twin.value('disconnect');
  await a.push('still here');
  await world.converged(a, b);
  expect(await b.value('status')).toMatchObject({ state: 'connected', terminalError: null });
});

test('under the default limit of messages pushes are delayed, never dropped', async () => {
  const { world, a, b } = await connectedPair({ tables: { limits: { messages_per_minute: 100 } } });
  for (let index = 0; index < 130; index += 1) await a.push(`item ${index}`);
  await world.until('all at b', async () => (await b.texts()).length === 130, 240_000, 500);
  expect(await a.texts()).toHaveLength(130);
});

test('a group that is full keeps the item in the outbox until there is room', async () => {
  const { world, a, b } = await connectedPair({ tables: { storage: { max_group_storage: 3000 } } });
  const first = await a.push('x'.repeat(2000));
  await world.converged(a, b);
  const answer = await a.value('push', {
    body: Buffer.alloc(2000).toString('base64'),
    until: 'relay',
    deadlineMs: 3000,
  });
  expect(answer).toMatchObject({ level: 'local', retryable: true });
  expect((await a.value('status')).pending).toBe(1);
  await a.value('delete', { item: first });
  await world.relayDatabase.transaction('free', (sql) => sql.run('DELETE FROM blobs WHERE cursor = 1'));
  await world.until('an empty outbox', async () => (await a.value('status')).pending === 0, 90_000);
});

describe('when the acknowledgements of five pushes are lost with the connection', () => {
  const texts = ['1', '2', '3', '4', '5'];

  async function unacknowledged(): Promise<{ world: World; a: TestNode; b: TestNode; items: string[] }> {
    const pair = await connectedPair();
    const { world, a } = pair;
    await world.clock.advance(1000);
    world.cable.mutedNodes.add('relay');
    const items: string[] = [];
    for (const text of texts) items.push(await a.push(text));
    await world.clock.advance(100);
    expect(await storedBlobs(world)).toBe(5);
    return { ...pair, items };
  }

  function comeBack(world: World): void {
    world.cable.drop();
    world.cable.mutedNodes.clear();
  }

  function acked({ events }: TestNode): unknown {
    return events.flatMap((event) => (event.event === 'acked' ? [[event.item, event.cursor]] : []));
  }

  test('the first is sent again, and the others are settled by the page that brings them', async () => {
    const { world, a, b, items } = await unacknowledged();
    comeBack(world);
    await world.converged(a, b);
    expect((await a.value('stats')).pushesSent).toBe(6);
    expect(acked(a)).toEqual(expect.arrayContaining(items.map((item, index) => [item, index + 1])));
    expect(acked(a)).toHaveLength(5);
    expect(await storedBlobs(world)).toBe(5);
  });

  test('a process that starts on what an earlier one left does the same', async () => {
    const { world, a, b } = await unacknowledged();
    comeBack(world);
    await a.restart();
    await world.converged(a, b);
    expect((await a.value('stats')).pushesSent).toBe(1);
    expect(acked(a)).toHaveLength(5);
  });

  test('what the relay no longer has is sent again, in the old order', async () => {
    const { world, a, b, items } = await unacknowledged();
    await world.relayDatabase.transaction('expire', (sql) => sql.run('DELETE FROM blobs'));
    comeBack(world);
    await world.converged(a, b);
    expect(acked(a)).toEqual(items.map((item, index) => [item, index + 6]));
    expect(await b.texts()).toEqual(texts);
  });

  test('what was pushed since then waits its turn and is sent once', async () => {
    const { world, a, b } = await unacknowledged();
    comeBack(world);
    await world.clock.advance(100);
    await a.push('6');
    await world.converged(a, b);
    expect((await a.value('stats')).pushesSent).toBe(7);
    expect((await b.value('items')).items).toMatchObject([...texts, '6'].map((n) => ({ sequence: Number(n) })));
  });
});

test('own blobs are not fetched again between those of others', async () => {
  const { world, a, b } = await connectedPair();
  for (let index = 0; index < 20; index += 1) {
    await Promise.all([a, b].map((node) => node.server.node!.push(new Uint8Array(8000).fill(index))));
  }
  await world.converged(a, b);
  expect((await a.value('stats')).bytesIn).toBeLessThan(20 * 8000 * 1.2);
});

async function storedBlobs(world: World): Promise<number> {
  const counted = await world.relayDatabase.read('count', (sql) =>
    sql.get<{ blobs: number }>('SELECT COUNT(*) AS blobs FROM blobs'),
  );
  return counted!.blobs;
}

interface PairOptions {
  readonly connect?: boolean;
  readonly relayChange?: (parts: RelayParts) => RelayParts;
  readonly tables?: object;
}

async function connectedPair(options: PairOptions = {}): Promise<{ world: World; a: TestNode; b: TestNode }> {
  const world = new World();
  await world.startRelay(options.relayChange === undefined ? [] : [options.relayChange], options.tables);
  const [a, b] = await world.pair(options.connect ?? true);
  return { world, a, b };
}

/** A relay that serves the blobs it picks changed, with one bit flipped unless told otherwise, while it is on. */
class Damage {
  isOn = true;
  readonly #picks: (blob: PulledBlob) => boolean;
  readonly #changed: (blob: PulledBlob) => PulledBlob;

  constructor(picks: (blob: PulledBlob) => boolean, changed = flipped) {
    this.#picks = picks;
    this.#changed = changed;
  }

  readonly change = (parts: RelayParts): RelayParts => {
    const served = (blob: PulledBlob): PulledBlob => (this.isOn && this.#picks(blob) ? this.#changed(blob) : blob);
    class DamagedResponses extends Responses {
      override pullResponse(...args: Parameters<Responses['pullResponse']>): ReturnType<Responses['pullResponse']> {
        const response = super.pullResponse(...args);
        return { ...response, blobs: response.blobs.map(served) };
      }
    }
    return { ...parts, responses: new DamagedResponses() };
  };
}

function flipped(blob: PulledBlob): PulledBlob {
  const payload = Uint8Array.from(blob.payload);
  payload[30]! ^= 1;
  return { ...blob, payload };
}
