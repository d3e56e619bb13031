/** What links are said to do to the traffic between two nodes and the relay, beside delays, cuts and limits. */
import { assert } from '../../support/assert.ts';
import { pause } from '../../support/clock.ts';
import { until } from '../../support/until.ts';
import {
  blobsOf,
  connected,
  holds,
  inState,
  journal,
  nextEvent,
  pushed,
  roundTripMs,
  tellAnew,
  told,
} from './suite-steps.ts';
import type { InForce, NodeName, Topology } from './topology.ts';

/** The stage, once it is open, and two of its nodes in one group, both connected. */
export interface LinkStage {
  readonly topology: Topology;
  readonly a: NodeName;
  readonly b: NodeName;
  readonly group: string;
}

export function linkClaims(claim: (says: string, body: () => Promise<void>) => void, stage: () => LinkStage): void {
  claim('a delay changes in place: the connection stays', async () => {
    const { topology, a } = stage();
    const link = topology.link(a);
    const before = await connectionCount(topology, a);
    const { heal, change } = await link.delay({ direction: 'up', delayMs: 300, jitterMs: 0 });
    assertListed(await link.inForce(), [{ ability: 'delay', direction: 'up', measure: { delayMs: 300, jitterMs: 0 } }]);
    const slow = await roundTripMs(topology, a);
    await change({ delayMs: 60, jitterMs: 0 });
    assertListed(await link.inForce(), [{ ability: 'delay', direction: 'up', measure: { delayMs: 60, jitterMs: 0 } }]);
    await roundTripMs(topology, a); // What was under way at the change may pass sooner.
    const quick = await roundTripMs(topology, a);
    await heal();
    assert(slow >= 300 && quick >= 60 && quick < 250, `300 ms become 60 ms (took ${slow} ms, then ${quick} ms)`);
    assert((await connectionCount(topology, a)) === before, 'no new connection was made');
    assertListed(await link.inForce(), []);
  });

  claim('a rate holds a push up, more of it lets the rest pass on the same connection', async () => {
    const { topology, a, b, group } = stage();
    const link = topology.link(a);
    const [connections, blobs] = [await connectionCount(topology, a), await blobsOf(topology, group)];
    const { heal, change } = await link.throttle({ direction: 'up', bytesPerSecond: 10_000 });
    assertListed(await link.inForce(), [{ ability: 'throttle', direction: 'up', measure: { bytesPerSecond: 10_000 } }]);
    const item = await pushed(topology, a, 300, 300_000);
    await pause(topology.clock, 4000);
    assert((await blobsOf(topology, group)) === blobs, '300 kB do not pass in 4 s at 10 kB/s');
    await change({ bytesPerSecond: 1_000_000 });
    const changedMs = topology.clock.monotonicMs();
    await holds(topology, b, item);
    const tookMs = topology.clock.monotonicMs() - changedMs;
    assert(tookMs < 10_000, `at 1 MB/s the rest passes soon (took ${tookMs} ms)`);
    await heal();
    assert((await connectionCount(topology, a)) === connections, 'no new connection was made');
    assertListed(await link.inForce(), []);
  });

  claim('in fragments everything arrives, whole and slower by the time between them', async () => {
    const { topology, a, b } = stage();
    const link = topology.link(a);
    const before = await connectionCount(topology, a);
    const heal = await link.fragment({ direction: 'up', bytes: 3, apartMs: 2 });
    assertListed(await link.inForce(), [{ ability: 'fragment', direction: 'up', measure: { bytes: 3, apartMs: 2 } }]);
    const slow = await roundTripMs(topology, a);
    const item = await pushed(topology, a, 302);
    await holds(topology, b, item);
    await heal();
    await roundTripMs(topology, a); // What was under way at the heal still comes in pieces.
    const quick = await roundTripMs(topology, a);
    // A heartbeat of some 150 bytes makes more than 30 pieces of at most 5.
    assert(slow >= 60 && quick < 40, `a heartbeat arrives in pieces, then at once (took ${slow} ms, then ${quick} ms)`);
    assert((await connectionCount(topology, a)) === before, 'no new connection was made');
    assertListed(await link.inForce(), []);
  });

  claim('a stall swallows what is sent and closes the connection when it heals', async () => {
    const { topology, a, b, group } = stage();
    const link = topology.link(a);
    const blobs = await blobsOf(topology, group);
    const heal = await link.stall({ direction: 'up' });
    assertListed(await link.inForce(), [{ ability: 'stall', direction: 'up', measure: {} }]);
    const recordsBefore = await recordsUp(topology, a);
    const item = await pushed(topology, a, 301, 40_000);
    await pause(topology.clock, 2000);
    assert((await recordsUp(topology, a)) === recordsBefore, 'no record passes a stalled direction');
    assert((await blobsOf(topology, group)) === blobs, 'the relay stores nothing');
    const { state } = await told(topology, a, 'status', {});
    assert(state === 'connected' || state === 'degraded', `nobody is told of a stall (${a} is ${state})`);
    const left = nextEvent(topology, a, (event) => event.event === 'state' && event.state !== 'connected');
    await soon(topology, 'the node to hear of it', async () => {
      await heal();
      await heal();
      await left();
    });
    await tellAnew(topology, a);
    await connected(topology, a);
    await holds(topology, b, item);
    assertListed(await link.inForce(), []);
  });

  claim('a connection made during a stall opens, says nothing, and is closed by the heal', async () => {
    const { topology, a } = stage();
    await told(topology, a, 'disconnect', {});
    await inState(topology, a, (state) => state === 'disconnected');
    const [connections, records] = [await connectionCount(topology, a), await recordsUp(topology, a)];
    const heal = await topology.link(a).stall({ direction: 'up' });
    await told(topology, a, 'connect', {});
    await until(topology.clock, {
      what: 'a connection to be made',
      probe: () => connectionCount(topology, a),
      holds: (count) => count > connections,
      everyMs: 50,
      timeoutMs: 5000,
    });
    await pause(topology.clock, 1500);
    assert((await recordsUp(topology, a)) === records, 'the first message of its handshake is swallowed');
    const failed = nextEvent(topology, a, (event) => event.event === 'handshake-failed');
    await soon(topology, 'the handshake to fail', async () => {
      await heal();
      await failed();
    });
    await tellAnew(topology, a);
    await connected(topology, a);
  });

  claim('a reset ends the open connection and every new one until it heals', async () => {
    const { topology, a, b } = stage();
    await connected(topology, a);
    const left = nextEvent(topology, a, (event) => event.event === 'state' && event.state !== 'connected');
    const heal = await soon(topology, 'the node to hear of it', async () => {
      const injected = await topology.link(a).reset();
      await left();
      return injected;
    });
    assertListed(await topology.link(a).inForce(), [
      { ability: 'reset', direction: 'up', measure: {} },
      { ability: 'reset', direction: 'down', measure: {} },
    ]);
    const records = await recordsUp(topology, a);
    const failed = nextEvent(topology, a, (event) => event.event === 'handshake-failed');
    await tellAnew(topology, a);
    await failed();
    const item = await pushed(topology, a, 302);
    await pause(topology.clock, 1000);
    assert((await recordsUp(topology, a)) === records, 'no record passes meanwhile');
    await heal();
    await tellAnew(topology, a);
    await connected(topology, a);
    await holds(topology, b, item);
    assertListed(await topology.link(a).inForce(), []);
  });

  claim('a held end reaches the node when it heals, and the other node at once', async () => {
    const { topology, a, b } = stage();
    await connected(topology, a);
    await connected(topology, b);
    const heal = await topology.link(a).holdClose({ direction: 'down', delayMs: 60_000 });
    assertListed(await topology.link(a).inForce(), [
      { ability: 'hold-close', direction: 'down', measure: { delayMs: 60_000 } },
    ]);
    await topology.relay.crash();
    await inState(topology, b, (state) => state !== 'connected' && state !== 'degraded');
    await pause(topology.clock, 500);
    const { state } = await told(topology, a, 'status', {});
    assert(state === 'connected' || state === 'degraded', `the end has not reached ${a} (it is ${state})`);
    const left = nextEvent(topology, a, (event) => event.event === 'state' && event.state !== 'connected');
    await soon(topology, 'the end to arrive', async () => {
      await heal();
      await left();
    });
    await topology.relay.restart();
    for (const node of [a, b]) {
      await tellAnew(topology, node);
      await connected(topology, node);
    }
  });

  claim('a held end reaches the node by itself when its time is over', async () => {
    const { topology, a, b } = stage();
    const heal = await topology.link(a).holdClose({ direction: 'down', delayMs: 1500 });
    const left = nextEvent(topology, a, (event) => event.event === 'state' && event.state !== 'connected');
    const crashedMs = topology.clock.monotonicMs();
    await topology.relay.crash();
    await left();
    const heldMs = topology.clock.monotonicMs() - crashedMs;
    assert(heldMs >= 1400, `the end is held back for 1500 ms (was ${heldMs} ms)`);
    await heal();
    await topology.relay.restart();
    for (const node of [a, b]) {
      await tellAnew(topology, node);
      await connected(topology, node);
    }
  });

  claim('what is sent during a total loss arrives after it, on the same connection', async () => {
    const { topology, a, b, group } = stage();
    const link = topology.link(a);
    const [up, down] = [
      await link.lose({ direction: 'up', share: 0 }),
      await link.lose({ direction: 'down', share: 0 }),
    ];
    const before = await link.lossWitness();
    await holds(topology, b, await pushed(topology, a, 303));
    const counted = await link.lossWitness();
    assert(counted.packetsSeen > before.packetsSeen, 'a share of 0 counts packets');
    assert(counted.packetsDropped === before.packetsDropped, 'a share of 0 drops none');
    await up.change({ share: 1 });
    await down.change({ share: 1 });
    const lossOf = (direction: 'up' | 'down') => ({ ability: 'lose', direction, measure: { share: 1 } }) as const;
    assertListed(await link.inForce(), [lossOf('up'), lossOf('down')]);
    const [connections, blobs] = [await connectionCount(topology, a), await blobsOf(topology, group)];
    const item = await pushed(topology, a, 304, 20_000);
    await pause(topology.clock, 2500);
    assert((await blobsOf(topology, group)) === blobs, 'nothing arrives while every packet is dropped');
    const dropped = (await link.lossWitness()).packetsDropped - counted.packetsDropped;
    assert(dropped >= 3, `the sender tries again and again (${dropped} packets were dropped)`);
    await up.heal();
    await down.heal();
    await holds(topology, b, item);
    assert((await connectionCount(topology, a)) === connections, 'no new connection was made');
    assertListed(await link.inForce(), []);
  });

  claim('a loss with a correlation drops its share of the packets, in runs', async () => {
    const { topology, a, b } = stage();
    const link = topology.link(a);
    const before = await link.lossWitness();
    const measure = { share: 0.1, correlation: 0.4 };
    const { heal } = await link.lose({ direction: 'up', ...measure });
    assertListed(await link.inForce(), [{ ability: 'lose', direction: 'up', measure }]);
    let item = '';
    let index = 0;
    const after = await until(topology.clock, {
      what: 'a hundred and fifty packets to be dropped',
      probe: async () => {
        item = await pushed(topology, a, 1000 + index, 8192);
        index += 1;
        return link.lossWitness();
      },
      holds: ({ packetsDropped }) => packetsDropped - before.packetsDropped >= 150,
      everyMs: 20,
      timeoutMs: 60_000,
    });
    await heal();
    await holds(topology, b, item);
    const dropped = after.packetsDropped - before.packetsDropped;
    const share = dropped / (after.packetsSeen - before.packetsSeen);
    assert(share > 0.05 && share < 0.16, `a tenth is dropped (${share})`);
    // After a drop comes another with 0.46; without a correlation a run would be 1.1 packets long.
    const run = dropped / (after.runs - before.runs);
    assert(run > 1.35 && run < 3, `runs are 1.9 packets long on average (${run})`);
  });

  claim('a starved node sends next to nothing until it heals', async () => {
    const { topology, a, b, group } = stage();
    const link = topology.link(a);
    const blobs = await blobsOf(topology, group);
    const heal = await link.starve({ bytesPerSecond: 500 });
    assertListed(await link.inForce(), [{ ability: 'starve', direction: 'up', measure: { bytesPerSecond: 500 } }]);
    const item = await pushed(topology, a, 305, 10_000);
    await pause(topology.clock, 3000);
    assert((await blobsOf(topology, group)) === blobs, '10 kB do not pass in 3 s at 500 B/s');
    await heal();
    await holds(topology, b, item);
    assertListed(await link.inForce(), []);
  });
}

/** Sooner than any time-out or heartbeat of the node could explain. */
async function soon<T>(topology: Topology, what: string, work: () => Promise<T>): Promise<T> {
  const startMs = topology.clock.monotonicMs();
  const done = await work();
  const tookMs = topology.clock.monotonicMs() - startMs;
  assert(tookMs < 2500, `it takes a moment for ${what} (took ${tookMs} ms)`);
  return done;
}

function assertListed(listed: readonly InForce[], expected: readonly InForce[]): void {
  const told = (all: readonly InForce[]) => JSON.stringify(all);
  assert(told(listed) === told(expected), `proxy and kernel list ${told(expected)} (got ${told(listed)})`);
}

/** Connections of the link that have come to the tap. */
async function connectionCount(topology: Topology, link: NodeName): Promise<number> {
  assert(topology.tap !== null, 'the suite runs on a topology with a tap');
  return (await topology.tap.journal()).filter((entry) => entry.action === 'open' && entry.link === link).length;
}

async function recordsUp(topology: Topology, link: NodeName): Promise<number> {
  return (await journal(topology)).filter((entry) => entry.direction === 'up' && entry.link === link).length;
}
