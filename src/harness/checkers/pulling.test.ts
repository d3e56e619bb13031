import { describe } from '@jest/globals';
import { acksWithinPull } from './acks-within-pull.ts';
import { caughtUpWithin } from './caught-up-within.ts';
import { goodput } from './goodput.ts';
import { pulls } from './pulls.ts';
import { receivedOnce } from './received-once.ts';
import {
  authorA,
  beginsFault,
  captured,
  type Draft,
  edit,
  event,
  insert,
  isEvent,
  remove,
} from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

/** Node-b's bandwidth is limited from 10 s to 20 s. */
function limited(draft: Draft): void {
  edit(draft, beginsFault, {
    name: 'bandwidth',
    parameters: { link: ['node-b'], direction: ['down'], rate: 100_000 },
  });
}

function seenAt(draft: Draft, point: string, records: readonly ReturnType<typeof captured>[]): void {
  draft.collected.captures.find((capture) => capture.point === point)!.records = records as never;
}

/** 8 pages of 100 KB, each taking a second: from 11 s to 19 s. */
function transfer(draft: Draft, bytes = 100_000): void {
  limited(draft);
  seenAt(
    draft,
    'node-b',
    Array.from({ length: 8 }, (_, index) => ({
      ...captured(0, 'b', 'down', index, bytes, ['PULL_RESPONSE']),
      firstMs: 11_000 + 1000 * index,
      lastMs: 12_000 + 1000 * index,
    })),
  );
}

describe('goodput', () => {
  testTable(
    goodput,
    [
      { says: 'invalid', when: 'more came than was allowed', change: (d) => transfer(d, 120_000), naming: '120000' },
      { says: 'invalid', when: 'much less came', change: (d) => transfer(d, 50_000), naming: '50000' },
      {
        says: 'invalid',
        when: 'a part of it was faster',
        change: (d) => d.collected.captures[2]!.records.push(captured(14_000, 'b', 'down', 9, 300_000, null) as never),
      },
      {
        says: 'invalid',
        when: 'the transfer was over too soon',
        change: (d) => d.collected.captures[2]!.records.splice(3),
        naming: 'no transfer of 4000 ms',
      },
      { says: 'invalid', when: 'the fault was off', change: (d) => edit(d, beginsFault, { disarmed: true }) },
      { says: 'unknown', when: 'nothing was captured', change: (d) => seenAt(d, 'node-b', []) },
    ],
    { link: 'node-b', direction: 'down', overMs: 4000 },
    transfer,
  );
});

describe('goodput of one limit among several', () => {
  /** From 14 s to 18 s only 10 KB/s: of what left at 11 s, 100 KB a second come before, 30 KB in it, the rest after. */
  const narrowed = (draft: Draft, slow = 10_000) => {
    limited(draft);
    const parameters = { link: ['node-b'], direction: ['down'], rate: 10_000 };
    insert(draft, 14_000, { kind: 'injected', fault: 1, name: 'bandwidth', parameters, disarmed: false });
    insert(draft, 18_000, { kind: 'healed', fault: 1 });
    const at = (atMs: number, index: number, bytes: number) => ({
      ...captured(atMs, 'b', 'down', index, bytes, ['PULL_RESPONSE']),
      lastMs: atMs,
    });
    const come = [
      ...[12_000, 13_000, 14_000].map((atMs, index) => at(atMs - 1, index, 100_000)),
      ...[15_000, 16_000, 17_000].map((atMs, index) => at(atMs, 3 + index, slow)),
      ...[19_000, 19_500].map((atMs, index) => at(atMs, 6 + index, 100_000)),
    ];
    seenAt(draft, 'node-b', come);
    seenAt(draft, 'relay', [captured(11_000, 'b', 'down', 0, 530_000, ['PULL_RESPONSE'])]);
  };
  testTable(
    goodput,
    [
      { says: 'invalid', when: 'too much came in it', change: (d) => narrowed(d, 40_000), naming: 'at 10000 B/s' },
      {
        says: 'invalid',
        when: 'little came before it',
        change: (d) => d.collected.captures.find(({ point }) => point === 'node-b')!.records.splice(0, 2),
        parameters: { link: 'node-b', direction: 'down', fault: 0, from: 0.5 },
        naming: 'on the whole at 100000 B/s',
      },
      {
        says: 'valid',
        when: 'all that came before it is looked at as one',
        change: () => {},
        parameters: { link: 'node-b', direction: 'down', fault: 0, from: 0.9 },
      },
      {
        says: 'invalid',
        when: 'nothing large left its sender',
        change: (d) => seenAt(d, 'relay', [captured(11_000, 'b', 'down', 0, 100, ['NOTIFY'])]),
        parameters: { link: 'node-b', direction: 'down', fault: 0, from: 0.9 },
        naming: 'no transfer',
      },
      {
        says: 'invalid',
        when: 'there was no such fault',
        change: () => {},
        parameters: { link: 'node-b', direction: 'down', fault: 2 },
        naming: 'no bandwidth',
      },
      { says: 'unknown', when: 'nothing was captured', change: (d) => seenAt(d, 'node-b', []) },
    ],
    { link: 'node-b', direction: 'down', fault: 1, from: 0, to: 2, overMs: 3000 },
    narrowed,
  );
});

describe('acks-within-pull', () => {
  const acks = (draft: Draft, ...times: readonly number[]) =>
    seenAt(
      draft,
      'node-a',
      times.map((atMs, index) => captured(atMs, 'a', 'down', index, 100, ['PUSH_ACK'])),
    );
  testTable(
    acksWithinPull,
    [
      { says: 'invalid', when: 'one came before the first page', change: (d) => acks(d, 11_900, 14_000), naming: '1 ' },
      { says: 'invalid', when: 'one came after the last page', change: (d) => acks(d, 14_000, 19_100), naming: '1 ' },
      { says: 'invalid', when: 'the fault was off', change: (d) => edit(d, beginsFault, { disarmed: true }) },
      { says: 'unknown', when: 'nothing was captured', change: (d) => seenAt(d, 'node-a', []) },
    ],
    { pushing: 'node-a', pulling: 'node-b', count: 2 },
    (draft) => {
      transfer(draft);
      acks(draft, 13_000, 18_000);
    },
  );
});

describe('pulls', () => {
  const asked = (draft: Draft, count: number) =>
    seenAt(
      draft,
      'node-b',
      Array.from({ length: count }, (_, index) => captured(11_000 + index, 'b', 'up', index, 60, ['PULL'])),
    );
  testTable(
    pulls,
    [
      { says: 'invalid', when: 'it asked too often', change: (d) => asked(d, 4), naming: 'asked for 4' },
      {
        says: 'unknown',
        when: 'it asked too often because the tester was late',
        change: (d) => {
          asked(d, 4);
          insert(d, 19_000, { kind: 'lag', timerLagMs: 61 });
        },
        parameters: { node: 'node-b', min: 2, max: 3, slackMs: 600 },
        naming: 'machine too busy for a bound of 600 ms',
      },
      {
        says: 'invalid',
        when: 'it asked too often while the tester was in time',
        change: (d) => {
          asked(d, 4);
          insert(d, 19_000, { kind: 'lag', timerLagMs: 59 });
        },
        parameters: { node: 'node-b', min: 2, max: 3, slackMs: 600 },
        naming: 'asked for 4',
      },
      { says: 'invalid', when: 'it asked too seldom', change: (d) => asked(d, 1), naming: 'asked for 1' },
      {
        says: 'unknown',
        when: 'the capture was not opened',
        change: (d) => seenAt(d, 'node-b', [captured(11_000, 'b', 'up', 0, 60, null)]),
      },
      { says: 'unknown', when: 'nothing was captured', change: (d) => seenAt(d, 'node-b', []) },
      { says: 'unknown', when: 'the load never began', change: (d) => remove(d, isPhase), naming: 'never began' },
    ],
    { node: 'node-b', min: 2, max: 3 },
    (draft) => {
      insert(draft, 9_900, { kind: 'phase', phase: 'loading' });
      asked(draft, 3);
    },
  );
});

const isPhase = (entry: { kind: string; phase?: string }) => entry.kind === 'phase' && entry.phase === 'loading';

/** Node-b receives q at another time. */
function movedTo(draft: Draft, atMs: number): void {
  remove(draft, isEvent('received', 'q'));
  insert(draft, atMs, event('node-b', { event: 'received', atMs, item: 'q', cursor: 9, author: authorA, sequence: 9 }));
}

/** Node-a pushes p in `prepare` and q in the load; node-b receives them at these moments. */
function pushedTwo(draft: Draft, received: { readonly p: number; readonly q: number }): void {
  const parts = { p: 'prepare[0].push', q: 'load.pushing[1].push' } as const;
  for (const [index, item] of (['p', 'q'] as const).entries()) {
    const operation = 60 + index;
    insert(
      draft,
      13_000,
      { kind: 'invoked', operation, node: 'node-a', op: 'push', part: parts[item], digest: item, bytes: 9 },
      { kind: 'answered', operation, outcome: 'ok', level: 'local', item },
    );
    const atMs = received[item];
    insert(draft, atMs, event('node-b', { event: 'received', atMs, item, cursor: 9, author: authorA, sequence: 9 }));
  }
}

describe('caught-up-within', () => {
  testTable(
    caughtUpWithin,
    [
      { says: 'invalid', when: 'it came late', change: (d) => movedTo(d, 25_000), naming: '11000 ms after' },
      {
        says: 'invalid',
        when: 'it never came',
        change: (d) => remove(d, isEvent('received', 'q')),
        naming: '1 of 2',
      },
      {
        says: 'unknown',
        when: 'it came late on a machine that was too busy',
        change: (d) => {
          movedTo(d, 25_000);
          insert(d, 14_000, { kind: 'lag', timerLagMs: 5_000 });
        },
        naming: 'too busy',
      },
      {
        says: 'unknown',
        when: 'there was no backlog',
        change: (d) => remove(d, (entry) => entry.kind === 'invoked' && entry.part.startsWith('prepare')),
      },
    ],
    { node: 'node-b', withinMs: 10_000 },
    (draft) => pushedTwo(draft, { p: 14_000, q: 15_000 }),
  );
});

describe('received-once', () => {
  testTable(
    receivedOnce,
    [
      {
        says: 'invalid',
        when: 'an item came twice',
        change: (d) =>
          insert(
            d,
            16_000,
            event('node-b', { event: 'received', atMs: 0, item: 'p', cursor: 9, author: authorA, sequence: 9 }),
          ),
        naming: 'more than once',
      },
      { says: 'invalid', when: 'an item is missing', change: () => {}, parameters: { node: 'node-b', count: 4 } },
      {
        says: 'valid',
        when: 'the other node pushed so many',
        change: () => {},
        parameters: { node: 'node-b', ofEach: 3 },
      },
      {
        says: 'invalid',
        when: 'there is a third node of which none came',
        change: (d) => d.nodes.push('node-c'),
        parameters: { node: 'node-b', ofEach: 3 },
        naming: 'took in 3 items, expected 6',
      },
    ],
    // The valid record's one item of node-a's round, and these two.
    { node: 'node-b', count: 3 },
    (draft) => pushedTwo(draft, { p: 14_000, q: 15_000 }),
  );
});
