import { afterEach, describe, expect, test } from '@jest/globals';
import { isTapRecord, type TapRecord } from '../../contract/tap.ts';
import { pullRecordBytesMax } from '../../contract/wire.ts';
import { pause } from '../../support/clock.ts';
import { Prng } from '../../support/prng.ts';
import { until } from '../../support/until.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import { connected, formGroup, headCursor, holds, inState, pushed, told } from '../topology/suite-steps.ts';
import type { Topology } from '../topology/topology.ts';
import type { Tell } from './fault.ts';
import { faults } from './registry.ts';

const open: Topology[] = [];
afterEach(async () => {
  for (const topology of open.splice(0)) await topology.stop();
});

const a = 'node-a';

/** Two nodes of one group, connected through the tap, and a way to inject what a scenario would write. */
async function stage(seed = 'tap-faults') {
  const arena = await openSimulator();
  const topology = await arena.openStage({ topology: 'mitm', profile: 'chaos', defects: [], image: 'test', seed });
  open.push(topology);
  await topology.beginTrial({ mark: 'FaultMark0123456789abcdef' });
  const group = await formGroup(topology, topology.nodes);
  for (const node of topology.nodes) await connected(topology, node);
  const facts: Parameters<Tell>[0][] = [];
  const inject = (kind: string, written: object) =>
    faults[kind]!.inject(topology, faults[kind]!.parameters.parse(written), new Prng(seed), (fact) => facts.push(fact));
  /** What rules did to the records of the link, in order. */
  const struck = async () =>
    (await topology.tap!.journal()).filter(isTapRecord).filter(({ rule }) => rule !== undefined) as TapRecord[];
  const isCut = async () => (await topology.link(a).inForce()).length > 0;
  return { topology, group, inject, facts, struck, isCut };
}

async function push(topology: Topology, count: number, bytes: number): Promise<string[]> {
  const items: string[] = [];
  for (let number = 0; number < count; number += 1) items.push(await pushed(topology, a, number, bytes));
  return items;
}

async function allHeld(topology: Topology, items: readonly string[]): Promise<void> {
  for (const item of items) await holds(topology, 'node-b', item);
  await until(topology.clock, {
    what: 'the outbox to be empty',
    probe: async () => (await told(topology, a, 'outbox', {})).entries.length,
    holds: (count) => count === 0,
    everyMs: 50,
    timeoutMs: 30_000,
  });
}

const large = { link: a, nth: 6, 'min-bytes': '32KiB' };

describe('cut-in-record', () => {
  test.each([
    { at: 'before', action: 'cut', passes: (bytes: number, of: number) => bytes === 0 && of > 32_768 },
    { at: 'inside', action: 'cut', passes: (bytes: number, of: number) => bytes > 0 && bytes < of },
    { at: 'after', action: 'close-after', passes: (bytes: number, of: number) => bytes === of },
    { at: '1KiB', action: 'cut', passes: (bytes: number) => bytes === 1024 },
  ])('$at: strikes the sixth push alone, and the path is gone for its time', async ({ at, action, passes }) => {
    const { topology, group, inject, facts, struck, isCut } = await stage();
    const { heal, drawn } = await inject('cut-in-record', { ...large, direction: 'up', at, 'path-back': '2s' });
    expect(drawn).toEqual(at === 'inside' ? { inside: expect.any(Number) } : undefined);
    const items = await push(topology, 10, 32_768);
    await inState(topology, a, (state) => state === 'reconnecting');
    await pause(topology.clock, 150);
    expect(await isCut()).toBe(true);
    // A push that came whole may still wait behind the one before when the connection ends; the relay then forgets it.
    expect(at === 'after' ? [5, 6] : [5]).toContain(await headCursor(topology, group));
    await pause(topology.clock, 1_750);
    expect(await isCut()).toBe(true);
    await pause(topology.clock, 200);
    expect(await isCut()).toBe(false);
    await allHeld(topology, items);
    const entries = await struck();
    expect(entries).toHaveLength(1);
    const { bytesAfter, bytesBefore, link, connection, direction, record } = entries[0]!;
    expect([entries[0]!.action, bytesAfter, passes(bytesAfter, bytesBefore)]).toEqual([action, bytesAfter, true]);
    expect(facts).toEqual([{ kind: 'witness', name: 'tap-strike', value: { link, connection, direction, record } }]);
    await heal();
    expect(await topology.reset()).toBe(false);
  });

  test('healed early, the path is back at once and stays', async () => {
    const { topology, inject, isCut } = await stage();
    const { heal } = await inject('cut-in-record', {
      ...large,
      nth: 1,
      direction: 'up',
      at: 'inside',
      'path-back': '1m',
    });
    const items = await push(topology, 1, 32_768);
    await inState(topology, a, (state) => state === 'reconnecting');
    await pause(topology.clock, 150);
    expect(await isCut()).toBe(true);
    await heal();
    await heal();
    expect(await isCut()).toBe(false);
    await allHeld(topology, items);
  });

  test('healed before it struck, it never does', async () => {
    const { topology, inject, facts, struck } = await stage();
    const { heal } = await inject('cut-in-record', { ...large, nth: 1, direction: 'up', at: 'inside' });
    await heal();
    await allHeld(topology, await push(topology, 1, 32_768));
    expect([facts, await struck()]).toEqual([[], []]);
  });

  describe('its sweep', () => {
    const places = (written: object) => {
      const { parameters, points } = faults['cut-in-record']!;
      const swept = points!(parameters.parse({ ...large, direction: 'up', ...written })) as { at: number }[];
      return swept.map(({ at }) => at);
    };

    test('strikes before a small record and after each byte, outside of it once', () => {
      const all = Array.from({ length: 248 }, (_, byte) => byte);
      expect(places({ 'min-bytes': '247B', at: 'inside' })).toEqual(all);
      expect(places({ at: 3 })).toEqual([0, 1, 2, 3]);
      expect(places({ at: 'before' })).toEqual(['before']);
    });

    test('strikes byte by byte at both ends of a large one, and at some places between', () => {
      const at = places({ at: 'inside' });
      expect(at).toHaveLength(192);
      expect(at.slice(0, 64)).toEqual(Array.from({ length: 64 }, (_, byte) => byte));
      expect(at.slice(-64)).toEqual(Array.from({ length: 64 }, (_, byte) => 32_705 + byte));
      const between = at.slice(64, -64);
      expect([between[0], between.at(-1)]).toEqual([566, 32_202]);
      expect(new Set(between).size).toBe(64);
    });
  });
});

describe('withhold-answer', () => {
  test('the relay has the push, the node does not know, and sends it again', async () => {
    const { topology, group, inject, facts, struck, isCut } = await stage();
    const { heal } = await inject('withhold-answer', { ...large, 'path-back': '2s' });
    const items = await push(topology, 10, 32_768);
    await inState(topology, a, (state) => state === 'reconnecting');
    expect(await isCut()).toBe(true);
    expect(await headCursor(topology, group)).toBeGreaterThanOrEqual(6);
    const { entries } = await told(topology, a, 'outbox', {});
    expect(entries.map(({ item }) => item)).toContain(items[5]);
    await allHeld(topology, items);
    const [mute, ...dropped] = await struck();
    expect(mute).toMatchObject({ action: 'mute', direction: 'up', bytesAfter: mute!.bytesBefore });
    expect(dropped.length).toBeGreaterThan(0);
    for (const entry of dropped) expect(entry).toMatchObject({ action: 'drop', direction: 'down', bytesAfter: 0 });
    expect(facts.map((fact) => fact.kind === 'witness' && [fact.name, fact.value])).toEqual([
      ['tap-strike', { link: a, connection: mute!.connection, direction: 'up', record: mute!.record }],
      ['answer-withheld', { stored: true, answersSwallowed: expect.any(Number) }],
    ]);
    await heal();
    expect(await isCut()).toBe(false);
    expect(await headCursor(topology, group)).toBe(10);
  });

  test('a relay that does not store in time is told apart', async () => {
    const { topology, inject, facts } = await stage();
    const { heal } = await inject('withhold-answer', { ...large, nth: 1, wait: '1s' });
    await topology.relay.pause();
    await push(topology, 1, 32_768);
    await inState(topology, a, (state) => state === 'reconnecting');
    expect(facts.at(-1)).toMatchObject({ name: 'answer-withheld', value: { stored: null, answersSwallowed: 0 } });
    await topology.relay.resume();
    await heal();
  });
});

describe('cut-reconcile', () => {
  test.each([
    { at: 'after-hello', direction: 'up', record: (number: number) => number === 2, isWhole: true },
    { at: 'after-welcome', direction: 'down', record: (number: number) => number === 2, isWhole: true },
    // The node's first push may come before it.
    { at: 'in-first-pull', direction: 'up', record: (number: number) => number >= 3, isWhole: false },
    // After WELCOME, a notice for each of the thirty items, and perhaps acknowledgements.
    { at: 'in-first-pull-response', direction: 'down', record: (number: number) => number >= 33, isWhole: false },
  ])('$at: two connections in a row end there, the third catches up', async ({ at, direction, record, isWhole }) => {
    const { topology, inject, struck, facts } = await stage();
    await told(topology, a, 'disconnect', {});
    await inState(topology, a, (state) => state === 'disconnected');
    const own = await push(topology, 30, 1024);
    const others: string[] = [];
    for (let number = 0; number < 30; number += 1) others.push(await pushed(topology, 'node-b', number));
    await pause(topology.clock, 1_000);
    const { heal, drawn } = await inject('cut-reconcile', { link: a, at });
    await told(topology, a, 'connect', {});
    await allHeld(topology, own);
    for (const item of others) await holds(topology, a, item);
    await heal();
    const entries = await struck();
    const [first] = entries;
    expect(entries.map(({ connection }) => connection)).toEqual([first!.connection, first!.connection + 1]);
    for (const entry of entries) {
      expect([entry.direction, entry.record, record(entry.record)]).toEqual([direction, entry.record, true]);
      expect(entry.bytesAfter > 0).toBe(true);
      expect(entry.bytesAfter === entry.bytesBefore).toBe(isWhole);
      if (at === 'in-first-pull') expect(entry.bytesBefore).toBeLessThanOrEqual(pullRecordBytesMax);
    }
    expect(drawn).toEqual(isWhole ? undefined : { inside: expect.any(Number) });
    expect(facts).toHaveLength(2);
  });

  test('its sweep strikes before each record of the dialogue and after each of its bytes, but for the last', () => {
    const { parameters, points } = faults['cut-reconcile']!;
    const swept = (written: object) =>
      points!(parameters.parse({ link: a, at: 'after-hello', ...written })).map(
        (point) => (point as { at: unknown }).at,
      );
    const up = (of: number, bytes: number) => ({ direction: 'up', of, orMore: false, bytes });
    const down = (of: number, bytes: number, orMore: boolean) => ({ direction: 'down', of, orMore, bytes });
    expect(swept({})).toEqual(['after-hello']);
    expect(swept({ swept: { up: [2, 1], down: [1, 2] } })).toEqual([
      ...[up(2, 0), up(2, 1), up(2, 2), up(1, 0), up(1, 1)],
      ...[down(1, 0, false), down(1, 1, false), down(2, 0, true), down(2, 1, true)],
    ]);
  });
});
