import { describe } from '@jest/globals';
import type { HistoryEntry } from '../history/history.ts';
import { backoffObeyed } from './backoff-obeyed.ts';
import { partitionInForce } from './partition-in-force.ts';
import {
  beginsFault,
  type Draft,
  edit,
  faultToMs,
  insert,
  remove,
  state,
  vectorOf,
  witness,
} from './record.test-support.ts';
import { testTable } from './table.test-support.ts';
import { vectorsApart } from './vectors-apart.ts';

type Entry = { kind: string; name?: string };
const isState = (entry: HistoryEntry) => entry.kind === 'event' && entry.event.event === 'state';

describe('backoff-obeyed', () => {
  /** It waits once, for its second attempt, and so long. */
  const waits = (tookMs: number) => (draft: Draft) => {
    remove(draft, (entry) => entry.atMs > 12_001 && isState(entry));
    remove(draft, (entry) => isState(entry) && entry.atMs === 11_000);
    insert(draft, 12_001 + tookMs, state('node-a', 'connecting', 2), state('node-a', 'connected'));
  };
  testTable(
    backoffObeyed,
    [
      { says: 'valid', when: 'it waited as short as allowed', change: waits(1750), naming: 'attempts up to 2' },
      { says: 'invalid', when: 'it hardly waited', change: waits(1700), naming: 'node-a waited 1700 ms for attempt 2' },
      { says: 'valid', when: 'it waited as long as allowed', change: waits(7250) },
      { says: 'invalid', when: 'it waited too long', change: waits(7300), naming: 'too long' },
      {
        says: 'unknown',
        when: 'it waited too long on a busy machine',
        change: (d) => {
          waits(7300)(d);
          insert(d, 13_000, { kind: 'lag', timerLagMs: 90 });
        },
      },
      {
        says: 'valid',
        when: 'it waited as long as it must, and the tester heard late of its beginning',
        change: (d) => {
          waits(3000)(d);
          for (const entry of d.entries) {
            if (entry.kind !== 'event' || entry.event.event !== 'state') continue;
            if (entry.event.state === 'reconnecting') entry.atMs += 2500;
          }
        },
      },
      {
        says: 'unknown',
        when: 'an order to connect cut the wait short',
        change: (d) => {
          waits(100)(d);
          insert(d, 12_050, { kind: 'invoked', operation: 70, node: 'node-a', op: 'connect', part: 'load' });
        },
        naming: '0 waits',
      },
      {
        says: 'unknown',
        when: 'its process was started anew meanwhile',
        change: (d) => {
          waits(100)(d);
          insert(d, 12_050, { kind: 'process', target: 'node-a', event: 'started' });
        },
      },
      { says: 'unknown', when: 'fewer waits were seen', change: () => {}, parameters: { count: 2 }, naming: '1 waits' },
    ],
    {},
    waits(3000),
  );
});

describe('partition-in-force', () => {
  const stalled = ['up', 'down'].map((direction) => ({ link: 'node-a', ability: 'stall', direction, measure: {} }));
  const seen = (mechanism: string, packetsDropped: number, inForce: readonly object[] = stalled) =>
    witness('partition', { mechanism, inForce, loss: { links: [{ link: 'node-a', packetsDropped }] } }, 0);
  const isPartition = (entry: Entry) => entry.kind === 'witness' && entry.name === 'partition';
  /** At the proxy, up to its heal; the connection of the second attempt ends with it. */
  const partitioned = (draft: Draft) => {
    edit(draft, beginsFault, { name: 'partition', parameters: { link: ['node-a'], mechanism: 'proxy' } });
    insert(draft, faultToMs - 1, seen('proxy', 0));
    ended(draft, faultToMs + 20);
  };
  const ended = (draft: Draft, endedMs: number | null) => {
    const capture = draft.collected.captures.find(({ point }) => point === 'node-a')!;
    capture.connections[1]!.endedMs = endedMs;
  };
  const instead = (fact: ReturnType<typeof seen>) => (draft: Draft) => {
    remove(draft, isPartition);
    insert(draft, faultToMs - 1, fact);
  };
  testTable(
    partitionInForce,
    [
      {
        says: 'valid',
        when: 'a node had no connection open',
        change: (d) => ended(d, 12_000),
        naming: '0 connections',
      },
      {
        says: 'invalid',
        when: 'a connection outlived the heal',
        change: (d) => ended(d, null),
        naming: 'a2 of node-a',
      },
      {
        says: 'invalid',
        when: 'one way was let through',
        change: instead(seen('proxy', 0, stalled.slice(0, 1))),
        naming: 'node-a down',
      },
      {
        says: 'valid',
        when: 'the kernel dropped packets',
        change: instead(seen('kernel', 7, [])),
        naming: '7 packets',
      },
      { says: 'invalid', when: 'the kernel dropped nothing', change: instead(seen('kernel', 0, [])), naming: 'node-a' },
      { says: 'unknown', when: 'nobody asked', change: (d) => remove(d, isPartition), naming: 'nobody asked' },
      {
        says: 'unknown',
        when: 'nothing was captured at the node',
        change: (d) => {
          d.collected.captures = d.collected.captures.filter(({ point }) => point !== 'node-a');
        },
      },
      { says: 'invalid', when: 'the fault was disarmed', change: (d) => edit(d, beginsFault, { disarmed: true }) },
    ],
    {},
    partitioned,
  );
});

describe('vectors-apart', () => {
  const seen = (a: readonly [number, number], b: readonly [number, number]) => [
    witness('vector', { node: 'node-a', vector: vectorOf(...a) }),
    witness('vector', { node: 'node-b', vector: vectorOf(...b) }),
  ];
  const isVector = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'vector';
  testTable(
    vectorsApart,
    [
      {
        says: 'invalid',
        when: 'they were apart for a shorter time',
        change: (d) => insert(d, 13_000, ...seen([4, 3], [4, 3])),
        naming: 'under fault 0 the vectors of node-a and node-b were apart for 2000 ms, expected 3000',
      },
      {
        says: 'invalid',
        when: 'only one was ahead',
        change: (d) => insert(d, 11_000, ...seen([3, 3], [3, 2])),
        naming: 'apart for 0 ms',
      },
      {
        says: 'invalid',
        when: 'they were alike under a second fault',
        change: (d) => {
          insert(d, 14_000, ...seen([4, 3], [4, 3]));
          insert(d, 15_000, { kind: 'injected', fault: 1, name: 'cut', parameters: {}, disarmed: false });
          insert(d, 19_000, { kind: 'healed', fault: 1 });
        },
        naming: 'under fault 1 the vectors of node-a and node-b were apart for 0 ms',
      },
      {
        says: 'invalid',
        when: 'the fault was disarmed',
        change: (d) => edit(d, beginsFault, { disarmed: true }),
        naming: 'no fault was on',
      },
      {
        says: 'unknown',
        when: 'nobody looked',
        change: (d) => {
          remove(d, isVector);
          for (const node of Object.values(d.collected.nodes)) node.vector = null;
        },
      },
    ],
    { node: ['node-a', 'node-b'], forMs: 3000 },
    (d) => insert(d, 11_000, ...seen([3, 2], [2, 3])),
  );
});
