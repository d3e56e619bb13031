import { describe } from '@jest/globals';
import { acceptedWithin } from './accepted-within.ts';
import { caughtUpTogether } from './caught-up-together.ts';
import { rateLimited } from './rate-limited.ts';
import {
  authorA,
  authorB,
  captured,
  capturedAt,
  type Draft,
  event,
  insert,
  isEvent,
  remove,
} from './record.test-support.ts';
import { testTable } from './table.test-support.ts';
import { unacknowledgedAtOnce } from './unacknowledged-at-once.ts';

/** One push of the load at 13 s, answered, acknowledged and received at these times. */
function pushed(
  draft: Draft,
  { node, item, acceptedMs = 13_001, ackedMs = 13_100, receivedMs = 13_200 }: Pushed,
): void {
  const operation = 60 + item.charCodeAt(0);
  const announced = { atMs: 0, item: item, cursor: 9, sequence: 9 };
  const other = node === 'node-a' ? 'node-b' : 'node-a';
  insert(draft, 13_000, {
    kind: 'invoked',
    operation,
    node: node,
    op: 'push',
    part: 'load[0].push',
    digest: item,
    bytes: 9,
  });
  insert(draft, acceptedMs, { kind: 'answered', operation, outcome: 'ok', level: 'local', item: item });
  insert(draft, ackedMs, event(node, { event: 'acked', ...announced }));
  insert(
    draft,
    receivedMs,
    event(other, { event: 'received', author: node === 'node-a' ? authorA : authorB, ...announced }),
  );
}

interface Pushed {
  readonly node: string;
  readonly item: string;
  readonly acceptedMs?: number;
  readonly ackedMs?: number;
  readonly receivedMs?: number;
}

/** Instead of the valid record's barrier round: one push of each node. */
function oneEach(draft: Draft, a: Partial<Pushed> = {}, b: Partial<Pushed> = {}): void {
  remove(draft, (entry) => entry.kind === 'invoked' && entry.part.startsWith('load'));
  pushed(draft, { node: 'node-a', item: 'x', ...a });
  pushed(draft, { node: 'node-b', item: 'y', ...b });
}

const withoutLoad = (draft: Draft) =>
  remove(draft, (entry) => entry.kind === 'invoked' && entry.part.startsWith('load'));

describe('accepted-within', () => {
  testTable(
    acceptedWithin,
    [
      {
        says: 'invalid',
        when: 'one was accepted too late',
        change: (d) => pushed(d, { node: 'node-a', item: 'z', acceptedMs: 14_001 }),
        naming: '1 of 2',
        parameters: { node: 'node-a', count: 2, withinMs: 1000 },
      },
      {
        says: 'unknown',
        when: 'one was accepted too late by a late tester',
        change: (d) => {
          pushed(d, { node: 'node-a', item: 'z', acceptedMs: 14_001 });
          insert(d, 14_100, { kind: 'lag', timerLagMs: 101 });
        },
        naming: 'machine too busy for a bound of 1000 ms',
        parameters: { node: 'node-a', count: 2, withinMs: 1000 },
      },
      {
        says: 'invalid',
        when: 'nothing was pushed, however late the tester was',
        change: (d) => {
          withoutLoad(d);
          insert(d, 14_100, { kind: 'lag', timerLagMs: 900 });
        },
        naming: '0 of 0',
      },
    ],
    { node: 'node-a', count: 1, withinMs: 1000 },
    oneEach,
  );
});

describe('unacknowledged-at-once', () => {
  testTable(
    unacknowledgedAtOnce,
    [
      {
        says: 'invalid',
        when: 'one was acknowledged before the other was accepted',
        change: (d) => {
          withoutLoad(d);
          remove(d, isEvent('acked', 'x'));
          remove(d, isEvent('acked', 'y'));
          oneEach(d, {}, { acceptedMs: 13_150, ackedMs: 13_180 });
        },
        naming: '1 nodes',
      },
      {
        says: 'invalid',
        when: 'nobody was acknowledged',
        change: (d) => remove(d, isEvent('acked', 'x')),
        naming: '1 nodes',
      },
    ],
    { nodes: 2 },
    oneEach,
  );
});

describe('caught-up-together', () => {
  testTable(
    caughtUpTogether,
    [
      {
        says: 'invalid',
        when: 'one had its last much later',
        change: (d) => pushed(d, { node: 'node-b', item: 'z', receivedMs: 18_000 }),
        naming: 'node-a 4800 ms after the median',
      },
      {
        says: 'unknown',
        when: 'one was late on a machine that was too busy',
        change: (d) => {
          pushed(d, { node: 'node-b', item: 'z', receivedMs: 18_000 });
          insert(d, 14_000, { kind: 'lag', timerLagMs: 900 });
        },
      },
      { says: 'unknown', when: 'only one received anything', change: (d) => remove(d, isEvent('received', 'x')) },
    ],
    { withinMs: 1000 },
    oneEach,
  );
});

describe('rate-limited', () => {
  const phase = (name: string) => (entry: { kind: string; phase?: string }) =>
    entry.kind === 'phase' && entry.phase === name;
  const errors = (atMs: number, messages: readonly string[] | null = ['PRESENCE', 'ERROR']) => [
    captured(atMs, 'a', 'down', 4, 200, messages),
    captured(atMs + 1, 'a', 'down', 5, 200, messages),
  ];
  testTable(
    rateLimited,
    [
      {
        says: 'invalid',
        when: 'the relay refused nothing',
        change: (d) => Object.assign(d.collected.relay.stats!, { rejects: { RATE_LIMITED: 3 } }),
        naming: '0 messages refused',
      },
      {
        says: 'invalid',
        when: 'it refused for other reasons',
        change: (d) => Object.assign(d.collected.relay.stats!, { rejects: { RATE_LIMITED: 3, INVALID_MESSAGE: 5 } }),
        naming: '0 messages refused',
      },
      {
        says: 'invalid',
        when: 'the errors came before the load',
        change: (d) => capturedAt(d, 'node-a', errors(8_000)),
        naming: '0 errors at the interface of node-a',
      },
      {
        says: 'unknown',
        when: 'nobody read the relay’s count in the end',
        change: (d) => {
          d.collected.relay.stats = null;
        },
        naming: 'relay.stats',
      },
      {
        says: 'unknown',
        when: 'nobody read it at the beginning',
        change: (d) => {
          d.collected.relay.baseline = null;
        },
        naming: 'relay.baseline',
      },
      {
        says: 'unknown',
        when: 'the capture was not opened',
        change: (d) => capturedAt(d, 'node-a', errors(13_000, null)),
        naming: 'was not opened',
      },
      {
        says: 'unknown',
        when: 'nothing was captured',
        change: (d) => capturedAt(d, 'node-a', []),
        naming: 'captures.node-a.records',
      },
      { says: 'unknown', when: 'the load never began', change: (d) => remove(d, phase('loading')) },
    ],
    { node: 'node-a', min: 2 },
    (d) => {
      insert(d, 9_900, { kind: 'phase', phase: 'loading' });
      Object.assign(d.collected.relay.baseline!, { rejects: { RATE_LIMITED: 3 } });
      Object.assign(d.collected.relay.stats!, { rejects: { RATE_LIMITED: 5 } });
      capturedAt(d, 'node-a', errors(13_000));
    },
  );
});
