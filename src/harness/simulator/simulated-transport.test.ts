import { afterEach, describe, expect, test } from '@jest/globals';
import { isTapRecord } from '../../contract/tap.ts';
import { concat } from '../../support/bytes.ts';
import { pause } from '../../support/clock.ts';
import { Prng } from '../../support/prng.ts';
import type { CloseReason, Connection, ConnectionEvents } from '../../sut/io/transport.ts';
import { TapRules } from '../sidecars/tap-rules.ts';
import { LinkCapture } from './link-capture.ts';
import { SimulatedLink } from './simulated-link.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { SimulatedNetwork } from './simulated-transport.ts';
import { VirtualClock } from './virtual-clock.ts';

const address = 'px-a:7000';
let clock: VirtualClock;
afterEach(() => clock.stop());

/** What one end of a connection saw. */
class Seen implements ConnectionEvents {
  readonly chunks: { readonly atMs: number; readonly bytes: Uint8Array }[] = [];
  isOpened = false;
  end: CloseReason | null = null;
  endMs = 0;
  connection: Connection | null = null;

  opened(): void {
    this.isOpened = true;
  }
  received(bytes: Uint8Array): void {
    if (this.end !== null) throw new Error('bytes after the end');
    this.chunks.push({ atMs: clock.nowMs, bytes });
  }
  closed(reason: CloseReason): void {
    if (this.end !== null) throw new Error('closed twice');
    this.end = reason;
    this.endMs = clock.nowMs;
  }
  get bytes(): Uint8Array {
    return concat(...this.chunks.map((chunk) => chunk.bytes));
  }
}

async function world(options: { seed?: string; listens?: boolean; tap?: TapRules } = {}) {
  clock = new VirtualClock({ startWallMs: 1000, eventsMax: 1_000_000 });
  const process = (name: string) =>
    new SimulatedProcess({ name, clock, died: (because) => Promise.reject(new Error(because)) });
  const [node, relay] = [process('node-a'), process('relay')];
  const network = new SimulatedNetwork(clock);
  const capture = new LinkCapture(['node-a', 'relay'], () => clock.wallMs);
  const link = new SimulatedLink({
    node: 'node-a',
    clock,
    prng: new Prng(options.seed ?? 'transport'),
    capture,
    target: () => network.listening,
    tap: options.tap ?? null,
    address: '10.0.0.9',
  });
  network.addLink(address, link);
  const accepted: Seen[] = [];
  const listener = network.listenerFor(relay);
  if (options.listens !== false) {
    await listener.listen((connection) => {
      const seen = new Seen();
      seen.connection = connection;
      accepted.push(seen);
      return seen;
    });
  }
  const dial = () => {
    const seen = new Seen();
    seen.connection = network.dialerFor(node).dial(address, seen);
    return seen;
  };
  const wait = (ms: number) => pause(clock.harness, ms);
  /** A connection that is open on both sides. */
  const open = async () => {
    const near = dial();
    await wait(1);
    return { near, far: accepted.at(-1)! };
  };
  return { node, relay, network, link, capture, accepted, listener, dial, wait, open };
}

describe('simulated transport', () => {
  test('bytes arrive in order and unchanged, both ways, whatever was written at once', async () => {
    const { open, wait, link, capture } = await world();
    const { near, far } = await open();
    expect(near.isOpened).toBe(true);
    const prng = new Prng('bytes');
    const [up, down] = [prng.bytes(300_000), prng.bytes(50_000)];
    for (let offset = 0; offset < up.length; offset += 7001) near.connection!.send(up.subarray(offset, offset + 7001));
    far.connection!.send(down);
    await wait(5);
    expect(Buffer.compare(far.bytes, up)).toBe(0);
    expect(Buffer.compare(near.bytes, down)).toBe(0);
    expect(link.counters).toEqual({ bytesUp: up.length, bytesDown: down.length, connections: 1 });
    for (const input of capture.inputs()) {
      if (input.kind !== 'chunks') throw new Error('expected chunks');
      const seen = (way: 'up' | 'down') =>
        concat(...input.chunks.filter((chunk) => chunk.direction === way).map((chunk) => chunk.bytes));
      expect(Buffer.compare(seen('up'), up)).toBe(0);
      expect(Buffer.compare(seen('down'), down)).toBe(0);
      expect(input.packetsCounted).toBe(input.chunks.length);
      expect(new Set(input.chunks.map((chunk) => chunk.flow))).toEqual(new Set(['node-a/0']));
    }
  });

  test('the sender may reuse its buffer', async () => {
    const { open, wait } = await world();
    const { near, far } = await open();
    const buffer = Uint8Array.of(1, 2, 3);
    near.connection!.send(buffer);
    buffer.fill(0);
    await wait(1);
    expect(far.bytes).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('what was sent before the connection opened arrives', async () => {
    const { dial, wait, accepted } = await world();
    dial().connection!.send(Uint8Array.of(9));
    await wait(1);
    expect(accepted[0]!.bytes).toEqual(Uint8Array.of(9));
    expect(accepted[0]!.connection!.peerAddress).toBe('10.0.0.9');
  });

  test('an orderly close delivers everything first and ends both sides', async () => {
    const { open, wait, link, node, relay } = await world();
    const before = [node.facts.openDescriptors(), relay.facts.openDescriptors()];
    const { near, far } = await open();
    near.connection!.send(new Uint8Array(100_000));
    near.connection!.close();
    near.connection!.send(Uint8Array.of(1));
    far.connection!.send(Uint8Array.of(7));
    await wait(2);
    expect([far.bytes.length, far.end, near.bytes.length, near.end]).toEqual([100_000, 'ended', 1, 'ended']);
    expect(link.isIdle).toBe(true);
    expect([node.facts.openDescriptors(), relay.facts.openDescriptors()]).toEqual(before);
  });

  test('destroying ends this side at once and the other a moment later', async () => {
    const { open, wait } = await world();
    const { near, far } = await open();
    far.connection!.destroy();
    await wait(1);
    expect(far.end).toBe('broken');
    expect(near.end).not.toBeNull();
  });

  test('a process that is killed hears nothing more, its peer hears the end', async () => {
    const { open, wait, relay, link, accepted, dial, network } = await world();
    const { near, far } = await open();
    far.connection!.send(Uint8Array.of(5));
    relay.end();
    near.connection!.send(Uint8Array.of(6));
    await wait(1);
    expect([near.bytes.length, near.end === null, far.bytes.length, far.end]).toEqual([1, false, 0, null]);
    expect(link.isIdle).toBe(true);
    expect(network.listening).toBeNull();
    const again = dial();
    await wait(1);
    expect([again.isOpened, again.end, accepted.length]).toEqual([true, 'ended', 1]);
  });

  test('nobody at the address: refused', async () => {
    const { network, node, wait } = await world();
    const seen = new Seen();
    network.dialerFor(node).dial('elsewhere:1', seen);
    await wait(1);
    expect(seen.end).toBe('refused');
  });

  test('a paused process answers nothing, holds the sender back, and catches up', async () => {
    const { open, wait, relay, link } = await world();
    const { near, far } = await open();
    relay.pause();
    for (let index = 0; index < 40; index += 1) near.connection!.send(new Uint8Array(100_000));
    await wait(100);
    expect([far.chunks.length, link.closeWaitCount]).toEqual([0, 0]);
    expect(near.connection!.unsentBytes).toBeGreaterThan(2_000_000);
    relay.resume();
    await wait(100);
    expect([far.bytes.length, near.connection!.unsentBytes]).toEqual([4_000_000, 0]);
    relay.pause();
    near.connection!.close();
    await wait(1);
    expect([far.end, link.closeWaitCount]).toEqual([null, 1]);
    relay.resume();
    await wait(1);
    expect([far.end, link.closeWaitCount]).toEqual(['ended', 0]);
  });

  test('delay makes each byte late by at least the amount and heals without overtaking', async () => {
    const { open, wait, link } = await world();
    const { near, far } = await open();
    const { heal } = await link.delay({ direction: 'up', delayMs: 100, jitterMs: 20 });
    const sentMs = clock.nowMs;
    for (let index = 0; index < 20; index += 1) near.connection!.send(Uint8Array.of(index));
    await heal();
    await heal();
    near.connection!.send(Uint8Array.of(20));
    await wait(200);
    for (const { atMs } of far.chunks.slice(0, 20)) expect(atMs - sentMs).toBeGreaterThanOrEqual(80);
    expect(new Set(far.chunks.map((chunk) => chunk.atMs)).size).toBeGreaterThan(1);
    expect([...far.bytes]).toEqual(Array.from({ length: 21 }, (_, index) => index));
    near.connection!.send(Uint8Array.of(1));
    const before = clock.nowMs;
    await wait(10);
    expect(far.chunks.at(-1)!.atMs - before).toBeLessThan(1);
  });

  test('cut: bytes on their way are lost, both ends close, dials are refused until healed', async () => {
    const { open, dial, wait, link } = await world();
    const { near, far } = await open();
    await link.delay({ direction: 'down', delayMs: 50, jitterMs: 0 });
    far.connection!.send(Uint8Array.of(1));
    await wait(10);
    const heal = await link.cut();
    near.connection!.send(Uint8Array.of(2));
    const refused = dial();
    await wait(100);
    expect([near.bytes.length, far.bytes.length, near.end === null, far.end === null]).toEqual([0, 0, false, false]);
    expect(refused.end).toBe('refused');
    await heal();
    const { near: after, far: farAfter } = await open();
    await wait(100);
    after.connection!.send(Uint8Array.of(3));
    await wait(1);
    expect([after.isOpened, farAfter.bytes.length]).toEqual([true, 1]);
  });

  test.each([0, 1, 1229, 100_000])('limit: exactly %i bytes of each new connection pass', async (bytes) => {
    const { open, wait, link } = await world();
    const heal = await link.limitBytes({ direction: 'up', bytes });
    for (let round = 0; round < 2; round += 1) {
      link.restartCounters();
      const { near, far } = await open();
      for (let sent = 0; sent < bytes + 3000; sent += 1000) near.connection!.send(new Uint8Array(1000));
      far.connection!.send(new Uint8Array(10));
      await wait(10);
      expect([far.bytes.length, near.end, far.end, link.counters.bytesUp]).toEqual([bytes, 'ended', 'ended', bytes]);
    }
    await heal();
    const { near, far } = await open();
    near.connection!.send(new Uint8Array(200_000));
    await wait(10);
    expect([far.bytes.length, far.end]).toEqual([200_000, null]);
  });

  test('loss delays by retransmission time-outs, keeps every byte, and is counted', async () => {
    const { open, wait, link } = await world();
    const { near, far } = await open();
    const { heal } = await link.lose({ direction: 'up', share: 0.2 });
    const sent = new Prng('loss').bytes(500_000);
    for (let offset = 0; offset < sent.length; offset += 10_000)
      near.connection!.send(sent.subarray(offset, offset + 10_000));
    await wait(60_000);
    expect(Buffer.compare(far.bytes, sent)).toBe(0);
    const witness = await link.lossWitness();
    expect(witness.packetsDropped / witness.packetsSeen).toBeGreaterThan(0.15);
    expect(witness.packetsDropped / witness.packetsSeen).toBeLessThan(0.25);
    expect(witness.segmentsRetransmitted).toBe(witness.packetsDropped);
    const lateMs = far.chunks.map((chunk) => chunk.atMs - far.chunks[0]!.atMs);
    expect(Math.max(...lateMs)).toBeGreaterThanOrEqual(200);
    await heal();
    const seen = (await link.lossWitness()).packetsSeen;
    near.connection!.send(new Uint8Array(100_000));
    await wait(10);
    expect((await link.lossWitness()).packetsSeen).toBe(seen);
    expect(far.bytes.length).toBe(600_000);
  });

  test('what is lost on the way back of a stream is acknowledgements: counted, and nothing comes late', async () => {
    const { open, wait, link } = await world();
    const { near, far } = await open();
    await link.lose({ direction: 'down', share: 0.5 });
    for (let part = 0; part < 100; part += 1) {
      near.connection!.send(new Uint8Array(100));
      await wait(1);
    }
    expect(far.bytes.length).toBe(10_000);
    const { packetsSeen, packetsDropped, droppedUp, segmentsRetransmitted } = await link.lossWitness();
    expect(packetsSeen).toBeGreaterThanOrEqual(100);
    expect(packetsDropped).toBeGreaterThan(30);
    expect([droppedUp, segmentsRetransmitted]).toEqual([0, 0]);
  });

  test('eight losses in a row break the connection', async () => {
    const { open, wait, link } = await world();
    const { near, far } = await open();
    await link.lose({ direction: 'up', share: 1 });
    near.connection!.send(Uint8Array.of(1));
    await wait(50_000);
    expect(near.end).toBeNull();
    await wait(2_000);
    expect([near.end, far.end, far.bytes.length]).toEqual(['broken', 'broken', 0]);
    expect((await link.lossWitness()).packetsDropped).toBe(8);
  });

  test.each([
    { healedMs: 0, arrivesMs: 200 },
    { healedMs: 2000, arrivesMs: 3000 },
    { healedMs: 20_000, arrivesMs: 25_400 },
    { healedMs: 30_000, arrivesMs: 51_000 },
  ])('a byte sent at the start of a total loss of $healedMs ms arrives after $arrivesMs ms', async (row) => {
    const { open, wait, link } = await world();
    const { near, far } = await open();
    const { heal } = await link.lose({ direction: 'up', share: 1 });
    near.connection!.send(Uint8Array.of(1));
    const sentMs = clock.nowMs;
    await wait(row.healedMs);
    await heal();
    near.connection!.send(Uint8Array.of(2));
    await wait(60_000);
    expect([...far.bytes]).toEqual([1, 2]);
    for (const { atMs } of far.chunks) expect(Math.round((atMs - sentMs) / 10) * 10).toBe(row.arrivesMs);
    expect([near.end, far.end]).toEqual([null, null]);
  });

  test('a connection that is dialled during a total loss opens with the first packet that passes', async () => {
    const { dial, wait, link } = await world();
    const { heal } = await link.lose({ direction: 'up', share: 1 });
    const seen = dial();
    const startMs = clock.nowMs;
    await wait(2000);
    expect(seen.isOpened).toBe(false);
    await heal();
    await wait(990);
    expect(seen.isOpened).toBe(false);
    await wait(20);
    expect([seen.isOpened, clock.nowMs - startMs < 3100]).toEqual([true, true]);
  });

  test('a share of 0 counts what passes, and the share changes in place', async () => {
    const { open, wait, link } = await world();
    const { near, far } = await open();
    const { change } = await link.lose({ direction: 'up', share: 0 });
    near.connection!.send(new Uint8Array(14_480));
    await wait(1);
    expect([far.bytes.length, await link.lossWitness()]).toEqual([
      14_480,
      { packetsSeen: 10, packetsDropped: 0, droppedUp: 0, droppedDown: 0, runs: 0, segmentsRetransmitted: 0 },
    ]);
    await change({ share: 1 });
    near.connection!.send(Uint8Array.of(1));
    await wait(100);
    expect([far.bytes.length, (await link.lossWitness()).packetsDropped]).toEqual([14_480, 1]);
  });

  test('a delay that changes in place keeps the order of what is under way', async () => {
    const { open, wait, link } = await world();
    const { near, far } = await open();
    const { change } = await link.delay({ direction: 'up', delayMs: 500, jitterMs: 0 });
    near.connection!.send(Uint8Array.of(1));
    await change({ delayMs: 10, jitterMs: 0 });
    near.connection!.send(Uint8Array.of(2));
    await wait(100);
    expect(far.bytes).toHaveLength(0);
    await wait(500);
    near.connection!.send(Uint8Array.of(3));
    const sentMs = clock.nowMs;
    await wait(50);
    expect([...far.bytes]).toEqual([1, 2, 3]);
    expect(far.chunks.at(-1)!.atMs - sentMs).toBeLessThan(11);
  });

  test('a stall swallows one direction only, an end passes it, and healing ends what is open', async () => {
    const { open, wait, link } = await world();
    const [ending, staying] = [await open(), await open()];
    const delay = await link.delay({ direction: 'up', delayMs: 50, jitterMs: 0 });
    staying.near.connection!.send(Uint8Array.of(1));
    await wait(10);
    await delay.heal();
    const heal = await link.stall({ direction: 'up' });
    const late = await open();
    for (const { near, far } of [ending, staying, late]) {
      for (let sent = 0; sent < 40; sent += 1) near.connection!.send(new Uint8Array(100_000));
      far.connection!.send(Uint8Array.of(7));
    }
    ending.near.connection!.close();
    await wait(200);
    for (const { near, far } of [ending, staying, late]) {
      expect([far.bytes.length, near.connection!.unsentBytes]).toEqual([0, 0]);
    }
    expect([staying.near.bytes.length, late.near.bytes.length]).toEqual([1, 1]);
    expect([ending.far.end, staying.near.end, staying.far.end, late.near.end, late.far.end]).toEqual([
      'ended',
      null,
      null,
      null,
      null,
    ]);
    expect([link.counters.bytesUp, link.isIdle]).toEqual([0, false]);
    await heal();
    await heal();
    await wait(1);
    for (const { near, far } of [staying, late]) expect([near.end, far.end]).toEqual(['ended', 'ended']);
    const { near, far } = await open();
    near.connection!.send(Uint8Array.of(9));
    await wait(1);
    expect([...far.bytes]).toEqual([9]);
  });

  test('a rate lets no more than itself through, in order, and what waits goes by the rate of the moment', async () => {
    const { open, wait, link } = await world();
    const { near, far } = await open();
    const { heal, change } = await link.throttle({ direction: 'up', bytesPerSecond: 1000 });
    const sent = new Prng('rate').bytes(50_000);
    const startMs = clock.nowMs;
    for (let offset = 0; offset < sent.length; offset += 7000) {
      near.connection!.send(sent.subarray(offset, offset + 7000));
    }
    near.connection!.close();
    await wait(5000);
    expect(far.bytes.length).toBeGreaterThan(4800);
    let passed = 0;
    for (const { atMs, bytes } of far.chunks) {
      passed += bytes.length;
      expect(passed).toBeLessThanOrEqual((atMs - startMs) * 1.001);
    }
    await change({ bytesPerSecond: 10_000 });
    await wait(2000);
    expect(far.bytes.length).toBeGreaterThan(23_000);
    expect(far.bytes.length).toBeLessThan(25_300);
    await heal();
    await wait(1);
    expect(Buffer.compare(far.bytes, sent)).toBe(0);
    expect([far.end, near.end, link.isIdle]).toEqual(['ended', 'ended', true]);
  });

  test('each connection has the rate for itself, and the lowest of several counts', async () => {
    const { open, wait, link } = await world();
    const [one, other] = [await open(), await open()];
    await link.throttle({ direction: 'down', bytesPerSecond: 100_000 });
    await link.throttle({ direction: 'down', bytesPerSecond: 10_000 });
    for (const { far, near } of [one, other]) {
      far.connection!.send(new Uint8Array(100_000));
      near.connection!.send(new Uint8Array(100_000));
    }
    await wait(1010);
    for (const { far, near } of [one, other]) expect([near.bytes.length, far.bytes.length]).toEqual([10_000, 100_000]);
  });

  test('a starved node sends whole packets, and the rest at once when it heals', async () => {
    const { open, wait, link } = await world();
    const { near, far } = await open();
    const heal = await link.starve({ bytesPerSecond: 125 });
    near.connection!.send(new Uint8Array(4000));
    await wait(11_000);
    expect(far.bytes.length).toBeLessThan(1448);
    await wait(12_500);
    expect(far.bytes.length).toBeGreaterThanOrEqual(1448);
    expect(far.bytes.length).toBeLessThan(3000);
    await heal();
    await wait(1);
    expect(far.bytes.length).toBe(4000);
  });

  test('the connections of a starved node share its rate', async () => {
    const { open, wait, link } = await world();
    const opened = [await open(), await open(), await open()];
    await link.starve({ bytesPerSecond: 125 });
    for (const { near } of opened) near.connection!.send(new Uint8Array(4000));
    await wait(60_000);
    const arrived = opened.reduce((sum, { far }) => sum + far.bytes.length, 0);
    expect(arrived).toBeGreaterThan(4000);
    expect(arrived).toBeLessThanOrEqual(7500);
  });

  test('what waits to leave a process counts as its memory until it has left', async () => {
    const { open, wait, link, node } = await world();
    const { near } = await open();
    const before = node.facts.residentBytes();
    const heal = await link.starve({ bytesPerSecond: 125 });
    for (let count = 0; count < 20; count += 1) near.connection!.send(new Uint8Array(100_000));
    await wait(1000);
    expect(node.facts.residentBytes() - before).toBeGreaterThan(500_000);
    await heal();
    await wait(100);
    expect(node.facts.residentBytes()).toBe(before);
  });

  test('a reset ends open connections at once, and new ones with their first bytes', async () => {
    const { open, wait, link } = await world();
    const before = await open();
    const heal = await link.reset();
    await wait(1);
    expect([before.near.end, before.far.end === null]).toEqual(['broken', false]);
    const silent = await open();
    const talking = await open();
    talking.far.connection!.send(Uint8Array.of(1));
    await wait(1);
    expect([talking.near.end, talking.far.end, talking.near.bytes.length]).toEqual(['broken', 'broken', 0]);
    expect([silent.near.end, silent.far.end]).toEqual([null, null]);
    await heal();
    silent.near.connection!.send(Uint8Array.of(1));
    await wait(1);
    expect(silent.far.bytes).toHaveLength(1);
  });

  test.each(['close', 'destroy'] as const)(
    'the end of a %s is held back for its time, or until it heals',
    async (how) => {
      const { open, wait, link } = await world();
      const [first, second] = [await open(), await open()];
      const heal = await link.holdClose({ direction: 'down', delayMs: 1000 });
      first.far.connection!.send(Uint8Array.of(1));
      first.far.connection![how]();
      await wait(900);
      expect([first.near.bytes.length, first.near.end]).toEqual([1, null]);
      await wait(110);
      expect(first.near.end).not.toBeNull();
      second.far.connection![how]();
      await wait(100);
      expect(second.near.end).toBeNull();
      await heal();
      await wait(1);
      expect(second.near.end).not.toBeNull();
    },
  );

  test('an end that nobody holds back in its direction passes', async () => {
    const { open, wait, link } = await world();
    const { near, far } = await open();
    await link.holdClose({ direction: 'down', delayMs: 1000 });
    near.connection!.close();
    await wait(1);
    expect(far.end).toBe('ended');
  });

  test.each(['up', 'down'] as const)('the tap flips one bit %s and closes after a record', async (direction) => {
    const tap = new TapRules();
    const { open, wait } = await world({ tap });
    const preamble = new Uint8Array(direction === 'up' ? 11 : 0);
    const record = Uint8Array.of(0, 2, 0b1010_0000, 0xff);
    tap.add({ link: 'node-a', direction, record: 1, action: 'flip', bit: 1 });
    tap.add({ link: 'node-a', direction, record: 2, action: 'close-after' });
    const { near, far } = await open();
    const [source, target] = direction === 'up' ? [near, far] : [far, near];
    source.connection!.send(concat(preamble, record, record, record, record));
    await wait(2);
    expect(target.bytes).toEqual(concat(preamble, record, Uint8Array.of(0, 2, 0b1110_0000, 0xff), record));
    expect([source.end, target.end]).toEqual(['ended', 'ended']);
    expect(tap.journal.filter(isTapRecord).map((entry) => [entry.direction, entry.action])).toEqual([
      [direction, 'forward'],
      [direction, 'flip'],
      [direction, 'close-after'],
    ]);
  });

  test('an unfinished record passes the tap when its sender ends', async () => {
    const tap = new TapRules();
    const { open, wait } = await world({ tap });
    const { near, far } = await open();
    near.connection!.send(new Uint8Array(12));
    near.connection!.close();
    await wait(2);
    expect([far.bytes.length, far.end, near.end]).toEqual([12, 'ended', 'ended']);
    expect(tap.journal.at(-1)).toMatchObject({ action: 'residue', bytesBefore: 1 });
  });

  test('a limit before the tap ends its sender: what the tap held is passed on, and not a byte more', async () => {
    const tap = new TapRules();
    const { link, open, wait } = await world({ tap });
    await link.limitBytes({ direction: 'up', bytes: 14 });
    const { near, far } = await open();
    near.connection!.send(new Uint8Array(11).fill(1));
    near.connection!.send(Uint8Array.of(0, 9, 1, 1, 1));
    await wait(2);
    expect([far.bytes.length, far.end, near.end]).toEqual([14, 'ended', 'ended']);
    expect(tap.journal.map(({ action }) => action)).toEqual(['open', 'preamble', 'residue']);
  });

  test('the same seed gives the same times, another seed others', async () => {
    const times = async (seed: string) => {
      const { open, wait, link } = await world({ seed });
      await link.lose({ direction: 'up', share: 0.1 });
      const { near, far } = await open();
      near.connection!.send(new Uint8Array(100_000));
      await wait(20_000);
      clock.stop();
      return far.chunks.map((chunk) => `${chunk.atMs} ${chunk.bytes.length}`);
    };
    expect(await times('one')).toEqual(await times('one'));
    expect(await times('one')).not.toEqual(await times('two'));
  });
});
