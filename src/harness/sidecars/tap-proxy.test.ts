import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { isTapRecord, type TapRule } from '../../contract/tap.ts';
import { systemClock } from '../../support/system-clock.ts';
import { until } from '../../support/until.ts';
import { TapDesk } from './tap-desk.ts';
import type { TapStrike } from './tap-protocol.ts';
import { TapProxy } from './tap-proxy.ts';
import { TapRules } from './tap-rules.ts';

const preamble = Buffer.alloc(11, 0x2f);
const record = (...message: number[]) => Buffer.from([message.length >> 8, message.length & 0xff, ...message]);

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A relay that keeps what it got, a tap before it, and a connected node. */
async function world(rules: readonly TapRule[]) {
  const got: Buffer[] = [];
  const accepted: Socket[] = [];
  let relayEnded = false;
  const relay: Server = createServer((socket) => {
    accepted.push(socket);
    socket.on('data', (chunk) => got.push(chunk));
    socket.on('end', () => {
      relayEnded = true;
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const port = (relay.address() as { port: number }).port;
  const tapRules = new TapRules();
  for (const rule of rules) tapRules.add(rule);
  const proxy = new TapProxy({
    link: 'node-a',
    port: 0,
    relay: { host: '127.0.0.1', port },
    rules: tapRules,
    clock: systemClock,
  });
  await proxy.listen('127.0.0.1');
  const node = connect(proxy.port, '127.0.0.1');
  let nodeEnded = false;
  const nodeGot: Buffer[] = [];
  node.on('data', (chunk) => nodeGot.push(chunk));
  node.on('close', () => {
    nodeEnded = true;
  });
  node.on('error', () => undefined);
  closers.push(() => {
    node.destroy();
    proxy.close();
    relay.close();
    for (const socket of accepted) socket.destroy();
  });
  const seen = () => ({ up: Buffer.concat(got).length, down: Buffer.concat(nodeGot).length, nodeEnded, relayEnded });
  const reach = (what: string, holds: (now: ReturnType<typeof seen>) => boolean) =>
    until(systemClock, { what, probe: seen, holds, everyMs: 5, timeoutMs: 3_000 });
  return { node, accepted, tapRules, proxy, got, nodeGot, reach };
}

describe('tap proxy', () => {
  test('passes both directions on unchanged and writes a journal', async () => {
    const { node, accepted, tapRules, got, nodeGot, reach } = await world([]);
    node.write(Buffer.concat([preamble, record(1, 2), record(3)]));
    await reach('the relay to get all', ({ up }) => up === 11 + 4 + 3);
    accepted[0]!.write(record(9, 9));
    await reach('the node to get all', ({ down }) => down === 4);
    expect(Buffer.concat(got)).toEqual(Buffer.concat([preamble, record(1, 2), record(3)]));
    expect(Buffer.concat(nodeGot)).toEqual(record(9, 9));
    expect(
      tapRules.journal.filter(isTapRecord).map(({ direction, record: index, action }) => [direction, index, action]),
    ).toEqual([
      ['up', 0, 'forward'],
      ['up', 1, 'forward'],
      ['down', 0, 'forward'],
    ]);
  });

  test('a cut passes exactly the bytes asked for, then both sides end', async () => {
    const rule: TapRule = { action: 'cut', link: 'node-a', direction: 'up', record: 1, bytes: 3 };
    const { node, reach } = await world([rule]);
    node.write(Buffer.concat([preamble, record(1, 2), record(3, 4, 5, 6), record(7)]));
    const { up } = await reach('both sides to end', ({ nodeEnded, relayEnded }) => nodeEnded && relayEnded);
    expect(up).toBe(11 + 4 + 3);
  });

  test('a flip reaches the relay, and the journal keeps the record as it came', async () => {
    const rule: TapRule = { action: 'flip', link: 'node-a', direction: 'up', record: 0, bit: 7 };
    const { node, tapRules, got, reach } = await world([rule]);
    node.write(Buffer.concat([preamble, record(0x10, 0x20)]));
    await reach('the relay to get all', ({ up }) => up === 11 + 4);
    expect(Buffer.concat(got)).toEqual(Buffer.concat([preamble, record(0x11, 0x20)]));
    const [entry] = tapRules.journal.filter(isTapRecord);
    expect(entry?.rawBefore).toBe(record(0x10, 0x20).toString('base64'));
    expect(entry?.rawAfter).toBe(record(0x11, 0x20).toString('base64'));
  });

  test('what a rule holds back passes when it is taken out', async () => {
    const { node, tapRules, got, reach } = await world([]);
    const takeOut = tapRules.add({ action: 'hold', link: 'node-a', direction: 'up', record: 0, bytes: 1 });
    node.write(Buffer.concat([preamble, record(1, 2), record(3)]));
    await reach('the first byte to pass', ({ up }) => up === 11 + 1);
    takeOut();
    await reach('the rest to pass', ({ up }) => up === 11 + 4 + 3);
    expect(Buffer.concat(got)).toEqual(Buffer.concat([preamble, record(1, 2), record(3)]));
  });

  test('a node that ends while its bytes are held back takes them along', async () => {
    const { node, tapRules, reach } = await world([]);
    tapRules.add({ action: 'hold', link: 'node-a', direction: 'up', record: 0, bytes: 1 });
    node.end(Buffer.concat([preamble, record(1, 2), record(3)]));
    const { up } = await reach('the relay to see the end', ({ relayEnded }) => relayEnded);
    expect(up).toBe(11 + 1);
  });

  test('a muted connection is closed on both sides when its rule is taken out', async () => {
    const { node, accepted, tapRules, reach } = await world([]);
    const strikes: number[] = [];
    const takeOut = tapRules.add({ action: 'mute', link: 'node-a', direction: 'up', record: 0 }, () => {
      strikes.push(accepted.length);
    });
    node.write(Buffer.concat([preamble, record(1, 2)]));
    await reach('the record to pass', ({ up }) => up === 11 + 4);
    expect(strikes).toHaveLength(1);
    accepted[0]!.write(record(9));
    await reach('the answer to be swallowed', () => tapRules.journal.some(({ action }) => action === 'drop'));
    takeOut();
    const { down } = await reach('both sides to end', ({ nodeEnded, relayEnded }) => nodeEnded && relayEnded);
    expect(down).toBe(0);
  });

  test('the end of one side reaches the other', async () => {
    const { node, reach } = await world([]);
    node.end(preamble);
    await reach('the relay to see the end', ({ up, relayEnded }) => up === 11 && relayEnded);
  });

  test('a relay that refuses ends the node’s connection', async () => {
    const { node, accepted, proxy, reach } = await world([]);
    await reach('the relay to accept', () => accepted.length === 1);
    accepted[0]!.destroy();
    await reach('the node to see the end', ({ nodeEnded }) => nodeEnded);
    expect(node.destroyed).toBe(true);
    await reach('the tap to forget the connection', () => proxy.connections === 0);
  });
});

describe('tap desk', () => {
  const rule: TapRule = { action: 'flip', link: 'node-a', direction: 'down', record: 0, bit: 8 };
  const ask = (desk: TapDesk, request: unknown) => desk.answer(JSON.stringify(request));

  test('adds and removes rules by number', () => {
    const rules = new TapRules();
    const desk = new TapDesk(
      rules,
      () => 2,
      () => undefined,
    );
    expect(ask(desk, { op: 'add-rule', rule })).toEqual({ rule: 1 });
    expect(ask(desk, { op: 'state' })).toEqual({ state: { rules: 1, connections: 2 } });
    expect(ask(desk, { op: 'remove-rule', rule: 1 })).toEqual({});
    expect(rules.rules).toEqual([]);
  });

  test('tells a strike at once, with the number of its rule', () => {
    const rules = new TapRules();
    const told: TapStrike[] = [];
    const desk = new TapDesk(
      rules,
      () => 0,
      (strike) => told.push(strike),
    );
    ask(desk, { op: 'add-rule', rule });
    expect(ask(desk, { op: 'add-rule', rule: { ...rule, record: 1 } })).toEqual({ rule: 2 });
    const connection = rules.connection('node-a', 7, () => undefined);
    connection.pass('down', record(1, 2), 8);
    connection.pass('down', record(3, 4), 9);
    expect(told.map(({ strike }) => [strike.rule, strike.record, strike.atMs])).toEqual([
      [1, 0, 8],
      [2, 1, 9],
    ]);
  });

  test.each([
    ['no JSON', '{'],
    ['an unknown operation', '{"op":"forget"}'],
    ['a rule outside the contract', '{"op":"add-rule","rule":{"action":"melt"}}'],
  ])('answers %s with an error', (_, line) => {
    expect(
      new TapDesk(
        new TapRules(),
        () => 0,
        () => undefined,
      ).answer(line),
    ).toHaveProperty('error');
  });
});
