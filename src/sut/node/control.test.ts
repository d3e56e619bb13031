import { expect, test } from '@jest/globals';
import { answer, answerValues, nodeEvent, type Operation } from '../../contract/control.ts';
import { TestNode, World } from './node-world.test-support.ts';

test.each([
  { says: 'no JSON', line: '{', id: 0, code: 'BAD_REQUEST' },
  { says: 'no object', line: '7', id: 0, code: 'BAD_REQUEST' },
  { says: 'null', line: 'null', id: 0, code: 'BAD_REQUEST' },
  { says: 'no operation', line: '{"id":4}', id: 4, code: 'BAD_REQUEST' },
  { says: 'a negative id', line: '{"id":-4,"op":"status"}', id: 0, code: 'BAD_REQUEST' },
  { says: 'a missing parameter', line: '{"id":5,"op":"init"}', id: 5, code: 'BAD_PARAMETERS' },
  { says: 'an extra parameter', line: '{"id":5,"op":"ping","parameters":{"x":1}}', id: 5, code: 'BAD_PARAMETERS' },
  { says: 'no base64', line: '{"id":6,"op":"push","parameters":{"body":"%"}}', id: 6, code: 'BAD_PARAMETERS' },
  { says: 'no device yet', line: '{"id":7,"op":"status"}', id: 7, code: 'NO_DEVICE' },
])('a line with $says is a failed answer: $code', async ({ line, id, code }) => {
  const node = new TestNode(new World(), 'node-a');
  expect(JSON.parse(await node.server.handle(line))).toMatchObject({ id, outcome: 'failed', code });
});

test('an operation that is not offered is unsupported, the hooks of a release among them', async () => {
  const node = new TestNode(new World(), 'node-a');
  expect(await node.ask('fly' as Operation)).toMatchObject({ outcome: 'unsupported' });
  expect(await node.ask('hook', { name: 'export-keys' })).toMatchObject({ outcome: 'unsupported' });
  expect((await node.value('hello')).operations).not.toContain('hook');
});

test.each([
  { says: 'a push before pairing', op: 'push', parameters: { body: '' }, code: 'NOT_PAIRED' },
  { says: 'a relay without its id', op: 'pair', parameters: { relays: ['relay:7000'] }, code: 'RELAY_ID_UNKNOWN' },
  { says: 'a relay without a port', op: 'pair', parameters: { relays: ['relay'] }, code: 'BAD_RELAY_ADDRESS' },
  { says: 'no invite', op: 'pair', parameters: { relays: ['relay:7000'], invite: 'x' }, code: 'BAD_INVITE' },
] as const)('$says fails for certain: $code', async ({ op, parameters, code }) => {
  const node = new TestNode(new World(), 'node-a');
  await node.value('init', { name: 'Ada' });
  expect(await node.ask(op, parameters)).toMatchObject({ outcome: 'failed', code });
});

test('operations of a paired device that cannot be done now say so', async () => {
  const world = new World();
  await world.startRelay();
  const [a] = await world.pair(false);
  expect(await a.ask('ping')).toMatchObject({ outcome: 'failed', code: 'NOT_CONNECTED' });
  expect(await a.ask('pull')).toMatchObject({ outcome: 'failed', code: 'NOT_CONNECTED' });
  expect(await a.ask('delete', { item: 'x' })).toMatchObject({ outcome: 'failed', code: 'BAD_PARAMETERS' });
  expect(await a.ask('pair', { relays: [world.relayAddress] })).toMatchObject({ code: 'ALREADY_PAIRED' });
  const tooLarge = Buffer.alloc(1_048_495).toString('base64');
  expect(await a.ask('push', { body: tooLarge })).toMatchObject({ outcome: 'failed', code: 'BLOB_TOO_LARGE' });
});

test('a group with a passphrase takes only those who know it', async () => {
  const world = new World();
  await world.startRelay();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new TestNode(world, name));
  for (const node of [a!, b!, c!]) await node.value('init', { name: 'x' });
  const relays = [world.relayAddress];
  const { invite, group } = await a!.value('pair', { relays, passphrase: 'right' });
  expect(await b!.ask('pair', { relays, invite, passphrase: 'wrong' })).toMatchObject({ code: 'WRONG_PASSPHRASE' });
  expect(await b!.value('pair', { relays, invite, passphrase: 'right' })).toMatchObject({ group });
  const other = `relay:7000/${'A'.repeat(43)}`;
  expect(await c!.ask('pair', { relays: [other], invite })).toMatchObject({ code: 'RELAY_ID_MISMATCH' });
});

test('every answer and announcement is as the contract says', async () => {
  const world = new World();
  await world.startRelay();
  const [a, b] = await world.pair();
  const item = await a.push('x');
  await a.value('delete', { item });
  await world.converged(a, b);
  const asked: [Operation, object][] = [
    ['hello', {}],
    ['reopen', { relays: [world.relayAddress] }],
    ['push', { body: 'AAAA', until: 'relay' }],
    ['pull', {}],
    ['items', {}],
    ['ping', {}],
    ['status', {}],
    ['outbox', {}],
    ['stats', {}],
    ['disconnect', {}],
  ];
  for (const [op, parameters] of asked) {
    const given = answer.parse(await a.ask(op, parameters));
    expect({ op, given, problems: answerValues[op].safeParse(given.value).error?.issues }).toMatchObject({
      op,
      given: { outcome: 'ok' },
      problems: undefined,
    });
  }
  for (const event of [...a.events, ...b.events]) expect(nodeEvent.safeParse(event).error).toBeUndefined();
});

test('init drops the device that was there', async () => {
  const world = new World();
  await world.startRelay();
  const [a] = await world.pair();
  await a.push('x');
  const { device } = await a.value('init', { name: 'Ada again' });
  expect(await a.value('items').catch(() => null)).toEqual({ items: [] });
  expect(await a.value('reopen', { relays: [world.relayAddress] })).toEqual({ device, group: null });
});

test('no line of a log holds a name, an id, content or a passphrase', async () => {
  const world = new World({ logLevel: 'trace' });
  await world.startRelay();
  const [a, b] = ['node-a', 'node-b'].map((name) => new TestNode(world, name)) as [TestNode, TestNode];
  for (const node of [a, b]) await node.value('init', { name: 'Name-Canary' });
  const relays = [world.relayAddress];
  const { invite } = await a.value('pair', { relays, passphrase: 'Passphrase-Canary' });
  await b.value('pair', { relays, invite });
  for (const node of [a, b]) await node.value('connect');
  const item = await a.push('Content-Canary');
  await world.converged(a, b);
  await world.clock.advance(6000);
  world.cable.drop();
  await world.clock.advance(10_000);
  const log = [...a.logLines, ...b.logLines].join('\n');
  const { id, group } = a.server.node!.identity;
  for (const secret of ['Canary', item, id, group!.id, world.relay!.relayId]) expect(log).not.toContain(secret);
  expect(log).toContain('heartbeat-answered');
});
