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
