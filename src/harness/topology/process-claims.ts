/** What happens to processes is said to leave: their data, their address, and nodes that go on by themselves. */
import { assert } from '../../support/assert.ts';
import { until } from '../../support/until.ts';
import type { LinkStage } from './link-claims.ts';
import { connected, headCursor, holds, inState, nextEvent, pushed, restarted, tellAnew, told } from './suite-steps.ts';
import type { ProcessControl, ProcessState } from './topology.ts';

export function processClaims(claim: (says: string, body: () => Promise<void>) => void, stage: () => LinkStage): void {
  claim('a crash keeps what a node accepted, and the restarted node answers', async () => {
    const { topology, a, b } = stage();
    const item = await pushed(topology, a, 2);
    await topology.node(a).crash();
    const gone = await topology.node(a).request('status', {}, 1000);
    assert(gone.outcome === 'unknown', `a crashed node answers nothing (got ${gone.outcome})`);
    await restarted(topology, a);
    await holds(topology, a, item);
    await holds(topology, b, item);
  });

  claim('a crash loses what was not committed: the relay forgets its sessions and keeps its items', async () => {
    const { topology, a, b, group } = stage();
    const item = await pushed(topology, a, 3);
    await holds(topology, b, item);
    await topology.relay.crash();
    const silent = await topology.relay.stats().then(
      (stats) => stats === null,
      () => true,
    );
    assert(silent, 'a crashed relay answers nothing');
    await topology.relay.restart();
    await tellAnew(topology, a);
    await tellAnew(topology, b);
    await connected(topology, a);
    await connected(topology, b);
    const stats = await topology.relay.stats();
    assert(stats !== null && stats.sessions.length === 2, 'only the new sessions are there');
    const kept = stats.groups.find((entry) => entry.group === group);
    assert(kept !== undefined && kept.blobs > 0, 'the items are still there');
    const another = await pushed(topology, b, 4);
    await holds(topology, a, another);
  });

  for (const how of ['crash', 'shutDown'] as const) {
    const exitCode = how === 'crash' ? 137 : 0;

    claim(`after ${how} a node goes on where it was, unasked, and all it says is heard`, async () => {
      const { topology, a, b } = stage();
      const node = topology.node(a);
      await connected(topology, a);
      const before = await node.inspect();
      const heal = await topology.link(a).cut();
      const item = await pushed(topology, a, exitCode);
      await node[how]();
      await endedWith(exitCode, node, before);
      await heal();
      const isBack = nextEvent(topology, a, (event) => event.event === 'state' && event.state === 'connected');
      const isAcknowledged = nextEvent(topology, a, (event) => event.event === 'acked' && event.item === item);
      await node.restart();
      const after = await node.inspect();
      assert(after.status === 'running' && after.startedAtMs > before.startedAtMs, 'a new process runs');
      await isBack();
      await isAcknowledged();
      await holds(topology, b, item);
    });

    claim(`after ${how} of the relay nodes find it again, unasked, with all it had`, async () => {
      const { topology, a, b, group } = stage();
      await connected(topology, b);
      const before = await topology.relay.inspect();
      const head = await headCursor(topology, group);
      await topology.relay[how]();
      await endedWith(exitCode, topology.relay, before);
      await inState(topology, a, (state) => state === 'reconnecting');
      const item = await pushed(topology, a, exitCode + 1);
      await topology.relay.restart();
      assert((await topology.relay.inspect()).startedAtMs > before.startedAtMs, 'a new process runs');
      await holds(topology, b, item);
      assert((await headCursor(topology, group)) > head, 'cursors go on from where they were');
    });
  }

  claim('shut down in order, node and relay come back with what they had', async () => {
    const { topology, a, b } = stage();
    const item = await pushed(topology, a, 5);
    await topology.node(a).shutDown();
    await topology.relay.shutDown();
    await topology.relay.restart();
    await restarted(topology, a);
    await tellAnew(topology, b);
    await holds(topology, b, item);
  });

  claim('a paused node does not answer, a resumed one does', async () => {
    const { topology, b } = stage();
    const before = await topology.node(b).inspect();
    await topology.node(b).pause();
    assert((await topology.node(b).inspect()).status === 'paused', 'the arena sees it paused');
    const paused = await topology.node(b).request('status', {}, 500);
    assert(paused.outcome === 'unknown', `no answer in time is unknown (got ${paused.outcome})`);
    await topology.node(b).resume();
    const resumed = await topology.node(b).request('status', {});
    assert(resumed.outcome === 'ok', `a resumed node answers (got ${resumed.outcome})`);
    const after = await topology.node(b).inspect();
    assert(after.status === 'running' && after.startedAtMs === before.startedAtMs, 'it is the same process');
  });

  claim('a paused relay does not answer, a resumed one does', async () => {
    const { topology, a } = stage();
    await connected(topology, a);
    await topology.relay.pause();
    const paused = await topology.node(a).request('ping', {}, 700);
    assert(paused.outcome === 'unknown', `no round trip while the relay is paused (got ${paused.outcome})`);
    assert((await topology.relay.inspect()).status === 'paused', 'the arena sees it paused');
    await topology.relay.resume();
    await until(topology.clock, {
      what: 'a round trip after the relay was resumed',
      probe: () => topology.node(a).request('ping', {}),
      holds: ({ outcome }) => outcome === 'ok',
      everyMs: 50,
      timeoutMs: 15_000,
    });
  });

  claim('a detached node is on no network and reaches nobody, and comes back under its address', async () => {
    const { topology, a, b } = stage();
    await connected(topology, a);
    const node = topology.node(a);
    assert((await node.networks()).length > 0, 'it is on a network before');
    const heal = await node.detach();
    assert((await node.networks()).length === 0, 'the arena sees it on no network');
    const item = await pushed(topology, a, 8);
    const alone = await node.request('ping', {}, 1000);
    assert(alone.outcome !== 'ok', `no round trip without a network (got ${alone.outcome})`);
    const others = await pushed(topology, b, 8);
    await tellAnew(topology, a);
    await inState(topology, a, (state) => state === 'reconnecting');
    await heal();
    await heal();
    assert((await node.networks()).length > 0, 'it is on a network again');
    await holds(topology, b, item);
    await holds(topology, a, others);
  });

  claim('data that were saved can be set back: the node is where it was, and catches up', async () => {
    const { topology, a, b } = stage();
    const node = topology.node(b);
    const early = await node.saveVolume().then(
      () => 'saved',
      () => 'refused',
    );
    assert(early === 'refused', 'nothing is saved while the process runs');
    const old = await pushed(topology, a, 9);
    await holds(topology, b, old);
    await node.shutDown();
    const setBack = await node.saveVolume();
    await node.restart();
    const fresh = await pushed(topology, b, 9);
    await holds(topology, a, fresh);
    const heal = await topology.link(b).cut();
    await node.shutDown();
    await setBack();
    await node.restart();
    const { items } = await told(topology, b, 'items', {});
    assert(
      items.some(({ item }) => item === old),
      'what was saved is there',
    );
    assert(!items.some(({ item }) => item === fresh), 'what came later is gone');
    await heal();
    await holds(topology, b, fresh);
  });
}

async function endedWith(exitCode: number, process: ProcessControl, before: ProcessState): Promise<void> {
  const ended = await process.inspect();
  assert(ended.status === 'ended' && ended.startedAtMs === before.startedAtMs, 'the process that ran has ended');
  assert(ended.exitCode === exitCode, `it ended with ${exitCode} (got ${ended.exitCode})`);
}
