/**
 * The claims that faults rest on, run against every arena: what a link, a crash, a pause and a collection are said to
 * do, shown with the system itself. One stage with a tap serves all of them, so that containers need seconds.
 */
import { handshakeField, m1RecordEnd } from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';
import { utf8 } from '../../support/bytes.ts';
import { pause } from '../../support/clock.ts';
import { until } from '../../support/until.ts';
import type { Collected, SourceKind } from '../history/collected.ts';
import { linkClaims } from './link-claims.ts';
import { processClaims } from './process-claims.ts';
import {
  connected,
  content,
  formGroup,
  headCursor,
  holds,
  inState,
  journal,
  nextEvent,
  pushed,
  restarted,
  roundTripMs,
  tellAnew,
  told,
} from './suite-steps.ts';
import { tapClaims } from './tap-claims.ts';
import type { NodeName, Topology } from './topology.ts';

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

    linkClaims(claim, () => ({ topology, a, b, group }));

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

    tapClaims(claim, () => ({ topology, a, b, group }));

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

    processClaims(claim, () => ({ topology, a, b, group }));

    claim('a power cut, where the arena has one, keeps what was synced', async () => {
      if (stage.powerCut === undefined) return;
      const item = await pushed(topology, a, 6);
      await holds(topology, b, item);
      await stage.powerCut(a);
      await stage.powerCut('relay');
      await topology.relay.restart();
      await restarted(topology, a);
      await holds(topology, a, item);
      assert((await headCursor(topology, group)) > 0, 'the relay kept its cursors');
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
    assert(capture.openedSessions > 0, `sessions captured at ${place} were opened`);
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
