/**
 * The claims that faults rest on, run against every arena: what a link, a crash, a pause and a collection are said to
 * do, shown with the system itself. One stage with a tap serves all of them, so that containers need seconds.
 */
import type { NodeEvent, Operation, ParametersOf } from '../../contract/control.ts';
import { isTapRecord, type TapRecord, type TapRule } from '../../contract/tap.ts';
import { handshakeField, m1RecordEnd } from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';
import { utf8 } from '../../support/bytes.ts';
import { pause } from '../../support/clock.ts';
import { until } from '../../support/until.ts';
import type { Collected, SourceKind } from '../history/collected.ts';
import type { Answered, NodeControl, NodeName, Topology } from './topology.ts';

/** What a test runner offers; handed in, because this folder knows none. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  beforeAll(body: () => Promise<void>, timeoutMs?: number): void;
  afterAll(body: () => Promise<void>, timeoutMs?: number): void;
  test(name: string, body: () => Promise<void>, timeoutMs?: number): void;
}

export interface SuiteStage {
  /** Of a topology with a tap and the nodes `node-a` and `node-b`. */
  readonly topology: Topology;
  /** Where the arena can: the machine of `relay` or of a node loses its power. */
  readonly powerCut?: (target: string) => Promise<void>;
}

const openingMs = 180_000;
const claimMs = 90_000;
const mark = 'SuiteMark0123456789abcdef';
/** Pushed as content; must be found nowhere but on the nodes. */
const content = 'SuiteContent0123456789abcdef';
const bodyBytes = 1024;

/** Declares the suite `name`. `openStage` is called once; the stage is stopped at the end. */
export function topologySuite(name: string, openStage: () => Promise<SuiteStage>, runner: SuiteRunner): void {
  const { describe, beforeAll, afterAll, test } = runner;

  describe(`${name}: what faults rest on`, () => {
    let stage: SuiteStage;
    let topology: Topology;
    let group = '';
    const a: NodeName = 'node-a';
    const b: NodeName = 'node-b';
    const claim = (says: string, body: () => Promise<void>) => test(says, body, claimMs);

    beforeAll(async () => {
      stage = await openStage();
      topology = stage.topology;
      await topology.beginTrial({ mark });
      group = await formGroup(topology, [a, b]);
      await connected(topology, a);
      await connected(topology, b);
    }, openingMs);

    afterAll(async () => {
      await stage?.topology.stop();
    }, openingMs);

    claim('without a fault a push of one node arrives at the other', async () => {
      const item = await pushed(topology, a, 0);
      await holds(topology, b, item);
    });

    claim('delay makes round trips longer by at least the amount, and heals', async () => {
      const shape = { delayMs: 150, jitterMs: 0 };
      const { heal: healUp } = await topology.link(a).delay({ direction: 'up', ...shape });
      const one = await roundTripMs(topology, a);
      assert(one >= 150, `a round trip with 150 ms up takes at least that (took ${one} ms)`);
      const { heal: healDown } = await topology.link(a).delay({ direction: 'down', ...shape });
      const both = await roundTripMs(topology, a);
      assert(both >= 300, `a round trip with 150 ms each way takes at least 300 ms (took ${both} ms)`);
      await healUp();
      await healDown();
      await healDown();
      await until(topology.clock, {
        what: 'round trips to be quick again',
        probe: () => roundTripMs(topology, a),
        holds: (ms) => ms < 100,
        everyMs: 50,
        timeoutMs: 10_000,
      });
    });

    claim('after a cut no byte passes, after healing they do', async () => {
      const link = topology.link(a);
      const heal = await link.cut();
      await inState(topology, a, (state) => state !== 'connected' && state !== 'degraded');
      const before = await link.witness();
      const item = await pushed(topology, a, 1);
      await tellAnew(topology, a);
      await pause(topology.clock, 1000);
      const during = await link.witness();
      assert(
        during.bytesUp === before.bytesUp && during.bytesDown === before.bytesDown,
        `no byte passes a cut link (had ${JSON.stringify(before)}, got ${JSON.stringify(during)})`,
      );
      await heal();
      await tellAnew(topology, a);
      await connected(topology, a);
      await holds(topology, b, item);
      const after = await link.witness();
      assert(after.bytesUp > during.bytesUp && after.bytesDown > during.bytesDown, 'bytes pass a healed link');
    });

    claim('a byte limit lets exactly so many bytes of a connection through', async () => {
      const link = topology.link(a);
      await told(topology, a, 'disconnect', {});
      await inState(topology, a, (state) => state === 'disconnected');
      const journalBefore = (await journal(topology)).length;
      const before = await link.witness();
      const heal = await link.limitBytes({ direction: 'up', bytes: m1RecordEnd });
      const failed = nextEvent(topology, a, (event) => event.event === 'handshake-failed');
      await told(topology, a, 'connect', {});
      await failed();
      await told(topology, a, 'disconnect', {});
      await inState(topology, a, (state) => state === 'disconnected');
      const passed = (await link.witness()).bytesUp - before.bytesUp;
      assert(
        passed > 0 && passed % m1RecordEnd === 0,
        `${m1RecordEnd} bytes of each connection pass (${passed} bytes did)`,
      );
      const seen = (await journal(topology)).slice(journalBefore).filter((entry) => entry.direction === 'up');
      assert(
        seen.length > 0 && seen.every(({ record, action }) => record === 0 && action === 'forward'),
        'the tap behind the link saw the first record whole, and nothing of the next',
      );
      await heal();
      await told(topology, a, 'connect', {});
      await connected(topology, a);
    });

    claim('the tap flips exactly one bit and writes it down', async () => {
      const { offset } = handshakeField('hybrid', 'm2', 'ekem');
      const bit = offset * 8 + 3;
      await told(topology, a, 'disconnect', {});
      const before = (await journal(topology)).length;
      assert(topology.tap !== null, 'the suite runs on a topology with a tap');
      const heal = await topology.tap.addRule({ action: 'flip', link: a, direction: 'down', record: 0, bit });
      const failed = nextEvent(topology, a, (event) => event.event === 'handshake-failed');
      await told(topology, a, 'connect', {});
      await failed();
      await heal();
      const entry = (await journal(topology)).slice(before).find((candidate) => candidate.action === 'flip');
      assert(entry?.rawBefore !== undefined && entry.rawAfter !== undefined, 'the journal has the flipped record');
      const changed = differingBits(entry.rawBefore, entry.rawAfter);
      const expected = 2 * 8 + bit;
      assert(changed.length === 1 && changed[0] === expected, `bit ${expected} alone differs (got ${changed.join()})`);
      assert(entry.digestBefore !== entry.digestAfter, 'the digests differ');
      await tellAnew(topology, a);
      await connected(topology, a);
    });

    claim('a record picked by size is cut at the byte asked for, and the tap says so at once', async () => {
      const { heal, strikes, first } = await striking(topology, {
        action: 'cut',
        link: a,
        direction: 'up',
        nth: 1,
        minBytes: 30_000,
        bytes: 700,
      });
      const item = await pushed(topology, a, 200, 32_768);
      const strike = await first();
      assert(strike.bytesBefore > 32_768 && strike.bytesAfter === 700, '700 bytes of the record passed');
      const entry = (await journal(topology)).findLast(({ action }) => action === 'cut');
      assert(entry !== undefined && entry.rule === strike.rule, 'the journal has the strike');
      await holds(topology, b, item);
      assert(strikes.length === 1, 'the rule struck once');
      await heal();
    });

    claim('a push held half-way is not stored, and passes whole when it is let go', async () => {
      const place = { link: a, direction: 'up', afterBytes: 200_000, minBytes: 30_000 } as const;
      const { heal, first } = await striking(topology, { action: 'hold', ...place });
      const before = await blobsOf(topology, group);
      const item = await pushed(topology, a, 201, 400_000);
      const strike = await first();
      assert(strike.bytesAfter > 0 && strike.bytesAfter < strike.bytesBefore, 'the hold began inside a record');
      await pause(topology.clock, 500);
      assert((await blobsOf(topology, group)) === before, 'the relay stored nothing meanwhile');
      const held = (await journal(topology)).filter(({ direction, link }) => direction === 'up' && link === a);
      assert(held.at(-1)?.action === 'hold', 'nothing followed it');
      await heal();
      await heal();
      await holds(topology, b, item);
      assert(
        (await journal(topology)).some(({ action }) => action === 'release'),
        'the rest of the record passed then',
      );
    });

    claim('a node that is killed while its push is held takes the rest along', async () => {
      const place = { link: a, direction: 'up', afterBytes: 200_000, minBytes: 30_000 } as const;
      const crashed: Promise<void>[] = [];
      const { heal, first } = await striking(topology, { action: 'hold', ...place }, () =>
        crashed.push(topology.node(a).crash()),
      );
      const before = await blobsOf(topology, group);
      const item = await pushed(topology, a, 202, 400_000);
      await first();
      await Promise.all(crashed);
      await until(topology.clock, {
        what: 'the relay to notice that the node is gone',
        probe: async () => (await topology.relay.stats())?.sessions.length,
        holds: (sessions) => sessions === 1,
        everyMs: 50,
        timeoutMs: 10_000,
      });
      assert((await blobsOf(topology, group)) === before, 'nothing of the push was stored');
      await heal();
      assert(!(await journal(topology)).slice(-5).some(({ action }) => action === 'release'), 'the rest is lost');
      await restarted(topology, a);
      await holds(topology, b, item);
    });

    claim('a muted answer is swallowed, and its connection closed when the rule is taken out', async () => {
      const { heal, first } = await striking(topology, {
        action: 'mute',
        link: a,
        direction: 'up',
        nth: 1,
        minBytes: 30_000,
      });
      const item = await pushed(topology, a, 203, 32_768);
      const { connection, bytesBefore, bytesAfter } = await first();
      assert(bytesBefore === bytesAfter, 'the push passed whole');
      await holds(topology, b, item);
      await until(topology.clock, {
        what: 'an answer to be swallowed',
        probe: async () => (await journal(topology)).filter((entry) => entry.connection === connection).at(-1),
        holds: (last) => last?.action === 'drop' && last.direction === 'down' && last.bytesAfter === 0,
        everyMs: 20,
        timeoutMs: 10_000,
      });
      const { entries } = await told(topology, a, 'outbox', {});
      assert(
        entries.some((entry) => entry.item === item),
        'the node still waits for the acknowledgement',
      );
      const open = nextEvent(topology, a, (event) => event.event === 'state' && event.state !== 'connected');
      await heal();
      await open();
      await tellAnew(topology, a);
      await until(topology.clock, {
        what: 'the acknowledgement on a new connection',
        probe: async () => (await told(topology, a, 'outbox', {})).entries.length,
        holds: (pending) => pending === 0,
        everyMs: 20,
        timeoutMs: 10_000,
      });
    });

    claim('loss drops packets, is repaired and counted, and stops with its heal', async () => {
      const link = topology.link(a);
      const before = await link.lossWitness();
      const { heal } = await link.lose({ direction: 'up', share: 0.2 });
      const items: string[] = [];
      for (let index = 0; index < 30; index += 1) items.push(await pushed(topology, a, 100 + index, 8192));
      await until(topology.clock, {
        what: 'twenty packets to be dropped',
        probe: async () => (await link.lossWitness()).packetsDropped - before.packetsDropped,
        holds: (dropped) => dropped >= 20,
        everyMs: 100,
        timeoutMs: 30_000,
      });
      const during = await link.lossWitness();
      assert(during.packetsSeen > during.packetsDropped, 'most packets are not dropped');
      assert(
        during.segmentsRetransmitted > before.segmentsRetransmitted,
        'what was dropped is sent again, as a sender does that heard no acknowledgement',
      );
      await heal();
      await told(topology, a, 'disconnect', {});
      await told(topology, a, 'connect', {});
      await connected(topology, a);
      const healed = await link.lossWitness();
      for (const item of items) await holds(topology, b, item);
      const after = await link.lossWitness();
      assert(after.packetsDropped === healed.packetsDropped, 'no packet is dropped after the heal');
    });

    claim('a crash keeps what a node accepted, and the restarted node answers', async () => {
      const item = await pushed(topology, a, 2);
      await topology.node(a).crash();
      const gone = await topology.node(a).request('status', {}, 1000);
      assert(gone.outcome === 'unknown', `a crashed node answers nothing (got ${gone.outcome})`);
      await restarted(topology, a);
      await holds(topology, a, item);
      await holds(topology, b, item);
    });

    claim('a crash loses what was not committed: the relay forgets its sessions and keeps its items', async () => {
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

    claim('shut down in order, node and relay come back with what they had', async () => {
      const item = await pushed(topology, a, 5);
      await topology.node(a).shutDown();
      await topology.relay.shutDown();
      await topology.relay.restart();
      await restarted(topology, a);
      await tellAnew(topology, b);
      await holds(topology, b, item);
    });

    claim('a paused node does not answer, a resumed one does', async () => {
      await topology.node(b).pause();
      const paused = await topology.node(b).request('status', {}, 500);
      assert(paused.outcome === 'unknown', `no answer in time is unknown (got ${paused.outcome})`);
      await topology.node(b).resume();
      const resumed = await topology.node(b).request('status', {});
      assert(resumed.outcome === 'ok', `a resumed node answers (got ${resumed.outcome})`);
    });

    claim('a paused relay does not answer, a resumed one does', async () => {
      await connected(topology, a);
      await topology.relay.pause();
      const paused = await topology.node(a).request('ping', {}, 700);
      assert(paused.outcome === 'unknown', `no round trip while the relay is paused (got ${paused.outcome})`);
      await topology.relay.resume();
      await until(topology.clock, {
        what: 'a round trip after the relay was resumed',
        probe: () => topology.node(a).request('ping', {}),
        holds: ({ outcome }) => outcome === 'ok',
        everyMs: 50,
        timeoutMs: 15_000,
      });
    });

    claim('a power cut, where the arena has one, keeps what was synced', async () => {
      if (stage.powerCut === undefined) return;
      const item = await pushed(topology, a, 6);
      await holds(topology, b, item);
      await stage.powerCut(a);
      await stage.powerCut('relay');
      await topology.relay.restart();
      await restarted(topology, a);
      await holds(topology, a, item);
      const stats = await topology.relay.stats();
      assert((stats?.groups.find((entry) => entry.group === group)?.headCursor ?? 0) > 0, 'the relay kept its cursors');
      await tellAnew(topology, b);
      await connected(topology, b);
    });

    claim('collecting finds the mark in every source, and a canary that was planted on purpose', async () => {
      await connected(topology, a);
      const item = await pushed(topology, a, 7);
      await holds(topology, b, item);
      const collected = await topology.collect({
        canaries: [
          { label: 'planted', bytes: utf8(mark) },
          { label: 'content', bytes: utf8(content) },
        ],
        group,
        identifiers: [{ label: 'group', text: group }],
      });
      judgeSearches(topology, collected);
      judgeStores(topology, collected, item);
    });

    claim('a reset is proven: a stage with a fault on it is not clean, a clean one has nothing left', async () => {
      if (await topology.reset()) {
        await topology.beginTrial({ mark: `${mark}2` });
        const stats = await topology.relay.stats();
        assert(stats?.sessions.length === 0 && stats.pendingHandshakes === 0, 'no session is left');
        assert((await topology.tap?.journal())?.length === 0, 'the journal is empty');
        for (const node of topology.nodes) {
          const witness = await topology.link(node).witness();
          assert(witness.bytesUp === 0 && witness.bytesDown === 0, `nothing passed the link of ${node} yet`);
        }
        group = await formGroup(topology, [a, b]);
        await connected(topology, a);
      }
      await topology.link(a).cut();
      assert(!(await topology.reset()), 'a stage with a cut link is not clean');
    });
  });
}

/** New devices in a new group; returns the group's id. */
async function formGroup(topology: Topology, nodes: readonly NodeName[]): Promise<string> {
  const [first, ...others] = nodes;
  for (const node of nodes) await told(topology, node, 'init', { name: `suite-device-of-${node}` });
  const created = await told(topology, first!, 'pair', { relays: [...(await topology.relayAddresses(first!))] });
  for (const node of others) {
    const relays = [...(await topology.relayAddresses(node))];
    await told(topology, node, 'pair', { relays, ...(created.invite === null ? {} : { invite: created.invite }) });
  }
  for (const node of nodes) await told(topology, node, 'connect', {});
  return created.group;
}

/** The value of an operation that must succeed. */
async function told<Op extends Operation>(topology: Topology, node: NodeName, op: Op, parameters: ParametersOf<Op>) {
  const answered: Answered<Op> = await topology.node(node).request(op, parameters);
  assert(answered.outcome === 'ok', `${node} does ${op} (answered ${JSON.stringify(answered)})`);
  return answered.value;
}

/** Dials again at once instead of waiting for the node's own backoff. */
async function tellAnew(topology: Topology, node: NodeName): Promise<void> {
  await told(topology, node, 'disconnect', {});
  await told(topology, node, 'connect', {});
}

async function restarted(topology: Topology, node: NodeName): Promise<void> {
  await topology.node(node).restart();
  await told(topology, node, 'reopen', { relays: [...(await topology.relayAddresses(node))] });
  await told(topology, node, 'connect', {});
  await connected(topology, node);
}

function inState(topology: Topology, node: NodeName, is: (state: string) => boolean): Promise<unknown> {
  return until(topology.clock, {
    what: `${node} to be in the wanted state`,
    probe: async () => (await told(topology, node, 'status', {})).state,
    holds: is,
    everyMs: 20,
    timeoutMs: 30_000,
  });
}

function connected(topology: Topology, node: NodeName): Promise<unknown> {
  return inState(topology, node, (state) => state === 'connected' || state === 'degraded');
}

/** The id of an item the node has accepted; `number` makes its content unique. */
async function pushed(topology: Topology, node: NodeName, number: number, bytes = bodyBytes): Promise<string> {
  const unit = `${content}|${node}|${number}|`;
  const body = utf8(unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes));
  return (await told(topology, node, 'push', { body: Buffer.from(body).toString('base64') })).item;
}

/** Waits until the node's store has the item. */
async function holds(topology: Topology, node: NodeName, item: string): Promise<void> {
  await until(topology.clock, {
    what: `${node} to hold an item`,
    probe: async () => (await told(topology, node, 'items', {})).items.some((held) => held.item === item),
    holds: (found) => found,
    everyMs: 50,
    timeoutMs: 60_000,
  });
}

async function roundTripMs(topology: Topology, node: NodeName): Promise<number> {
  return (await told(topology, node, 'ping', {})).roundTripMs;
}

async function journal(topology: Topology) {
  assert(topology.tap !== null, 'the suite runs on a topology with a tap');
  return (await topology.tap.journal()).filter(isTapRecord);
}

/** A rule on the tap, the records that it struck, and a wait for the first of them. */
async function striking(topology: Topology, rule: TapRule, onStrike: () => void = () => undefined) {
  assert(topology.tap !== null, 'the suite runs on a topology with a tap');
  const strikes: TapRecord[] = [];
  const heal = await topology.tap.addRule(rule, (strike) => {
    strikes.push(strike);
    onStrike();
  });
  const first = async () => {
    await until(topology.clock, {
      what: `the tap to ${rule.action}`,
      probe: () => strikes.length,
      holds: (count) => count > 0,
      everyMs: 5,
      timeoutMs: 20_000,
    });
    return strikes[0]!;
  };
  return { heal, strikes, first };
}

async function blobsOf(topology: Topology, group: string): Promise<number> {
  const stats = await topology.relay.stats();
  return stats?.groups.find((entry) => entry.group === group)?.blobs ?? 0;
}

/** Listens from now on; the returned function waits for the first event that fits. */
function nextEvent(topology: Topology, node: NodeName, fits: (event: NodeEvent) => boolean): () => Promise<void> {
  const control: NodeControl = topology.node(node);
  let seen = 0;
  const stop = control.onEvent((event) => {
    if (fits(event)) seen += 1;
  });
  return async () => {
    await until(topology.clock, {
      what: `an event of ${node}`,
      probe: () => seen,
      holds: (count) => count > 0,
      everyMs: 20,
      timeoutMs: 20_000,
    });
    stop();
  };
}

/** Positions from the first bit of the first byte, highest bit first. */
function differingBits(before: string, after: string): number[] {
  const [left, right] = [Buffer.from(before, 'base64'), Buffer.from(after, 'base64')];
  assert(left.length === right.length, 'a flipped record keeps its length');
  return [...left].flatMap((byte, index) =>
    Array.from({ length: 8 }, (_, bit) => bit)
      .filter((bit) => ((byte ^ right[index]!) >> (7 - bit)) & 1)
      .map((bit) => index * 8 + bit),
  );
}

function judgeSearches(topology: Topology, { searches, captures, metadata, missing }: Collected): void {
  assert(
    missing.every(({ byDesign }) => byDesign),
    `nothing is missing (got ${JSON.stringify(missing)})`,
  );
  const kinds: SourceKind[] = ['log', 'database', 'file', 'page', 'capture'];
  for (const kind of kinds) {
    const found = searches.filter((search) => search.kind === kind);
    assert(found.length > 0, `sources of the kind ${kind} were searched`);
    assert(
      found.some(({ markFound, hits }) => markFound && hits.some(({ canary }) => canary === 'planted')),
      `the mark, searched for as a canary, is found in a source of the kind ${kind}`,
    );
  }
  for (const place of ['relay', ...topology.nodes]) {
    const log = searches.find(({ kind, source }) => kind === 'log' && source.includes(place));
    assert(log?.markFound === true, `the mark is in the log of ${place}`);
    const capture = captures.find(({ point }) => point === place);
    assert(capture?.markFound === true && capture.packets > 1, `the mark is in the capture at ${place}`);
    assert(capture.records.length > 0, `records were captured at ${place}`);
  }
  assert(metadata.markFound && (metadata.logLines ?? 0) > 0, 'the marked line and page were seen');
  const leaks = searches.filter(({ hits }) => hits.some(({ canary }) => canary === 'content'));
  assert(leaks.length === 0, `content is in no source (got ${leaks.map(({ source }) => source).join(', ')})`);
}

function judgeStores(topology: Topology, { nodes, relay, tapJournal, links }: Collected, item: string): void {
  for (const name of topology.nodes) {
    const node = nodes[name];
    assert(node?.alive === true && node.unscheduledExits.length === 0, `${name} is alive`);
    assert(node.items?.some((held) => held.item === item) === true, `the rows of ${name} have the item`);
    assert(node.answeredItems?.some((held) => held.item === item) === true, `${name} shows the item`);
    assert(node.integrityCheck === 'ok', `the database of ${name} is whole`);
    assert((links[name]?.bytesUp ?? 0) > 0, `the link of ${name} counted bytes`);
  }
  assert(relay.alive && relay.unscheduledExits.length === 0, 'the relay is alive');
  assert(relay.stats !== null && relay.baseline !== null, 'the relay told its statistics, then and now');
  assert(relay.rows?.some((row) => row.item === item) === true, 'the relay has a row for the item');
  assert(relay.integrityCheck === 'ok', 'the database of the relay is whole');
  assert((tapJournal?.length ?? 0) > 0, 'the tap wrote down what passed');
}
