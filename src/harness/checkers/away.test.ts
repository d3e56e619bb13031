import { describe } from '@jest/globals';
import { ackedWhileAway } from './acked-while-away.ts';
import { killedWhilePulling } from './killed-while-pulling.ts';
import {
  beginsFault,
  type Change,
  captured,
  capturedAt,
  type Draft,
  edit,
  event,
  insert,
  isEvent,
  remove,
  witness,
} from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

const disarm: Change = (d) => edit(d, beginsFault, { disarmed: true });

/** The relay looked at, with so many sessions of node-b. */
function sample(atMs: number, count: number): Change {
  const session = { session: 's1', recordsIn: 1, recordsOut: 1, pushesIn: 0 };
  return (d) => insert(d, atMs, witness('relay', { sessions: { 'node-b': Array(count).fill(session) } }));
}

describe('acked-while-away', () => {
  const acks = (count: number, fromMs: number): Change => {
    return (d) => {
      for (let one = 0; one < count; one += 1)
        insert(
          d,
          fromMs + one,
          event('node-a', { event: 'acked', atMs: 0, item: `x${one}`, cursor: 10 + one, sequence: 9 }),
        );
    };
  };
  // From 10 s to 20 s; the relay gives the session up at some time before 14 s.
  const base: Change = (d) => {
    edit(d, beginsFault, { name: 'detach', parameters: { node: 'node-b' } });
    for (const [atMs, count] of [
      [12_000, 1],
      [14_000, 0],
      [15_500, 0],
      [17_000, 0],
    ] as const)
      sample(atMs, count)(d);
  };
  const of =
    (...changes: readonly Change[]): Change =>
    (d) => {
      for (const change of changes) change(d);
    };
  testTable(
    ackedWhileAway,
    [
      {
        says: 'invalid',
        when: 'there was one less',
        change: (d) => remove(d, isEvent('acked', 'x0')),
        naming: '4 ack',
      },
      {
        says: 'invalid',
        when: 'some came before the relay had given up the session',
        change: acks(1, 13_000),
        naming: 'at 1 of',
      },
      { says: 'invalid', when: 'the node was back meanwhile', change: sample(15_100, 1), naming: 'at 1 of' },
      { says: 'invalid', when: 'nobody looked after the last', change: acks(1, 18_000), naming: 'before and after' },
      {
        says: 'invalid',
        when: 'another node was detached',
        change: () => {},
        parameters: { node: 'node-a', count: 5 },
        naming: 'not detached',
      },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm, naming: 'not detached' },
      { says: 'unknown', when: 'nobody looked', change: (d) => remove(d, isSample), naming: 'nobody read' },
    ],
    { node: 'node-b', count: 5 },
    of(base, acks(5, 15_000)),
  );
});

describe('killed-while-pulling', () => {
  const page = (atMs: number) => captured(atMs, 'x', 'down', atMs, 400, ['PULL_RESPONSE']);
  const pagesAt = (d: Draft, node: string, ...times: readonly number[]) => capturedAt(d, node, times.map(page));
  const base: Change = (d) => {
    edit(d, beginsFault, { name: 'kill', parameters: { target: 'node-a' } });
    insert(d, 900, { kind: 'phase', phase: 'loading' });
    insert(d, 10_000, { kind: 'process', target: 'node-a', event: 'killed' });
    pagesAt(d, 'node-a', 500, 9_900, 12_000);
    pagesAt(d, 'node-b', 500, 9_900, 10_100);
  };
  testTable(
    killedWhilePulling,
    [
      {
        says: 'invalid',
        when: 'it had no page of the load yet',
        change: (d) => pagesAt(d, 'node-a', 500, 12_000),
        naming: 'node-a got 0 pages before',
      },
      {
        says: 'invalid',
        when: 'it had them all',
        change: (d) => pagesAt(d, 'node-a', 9_000, 9_900),
        naming: 'and 0 after',
      },
      {
        says: 'unknown',
        when: 'it had them all because the tester was late',
        change: (d) => {
          pagesAt(d, 'node-a', 9_000, 9_900);
          insert(d, 13_000, { kind: 'lag', timerLagMs: 91 });
        },
        naming: 'machine too busy for a bound of 900 ms',
      },
      {
        says: 'invalid',
        when: 'it had no page, however late the tester was',
        change: (d) => {
          pagesAt(d, 'node-a', 500, 12_000);
          insert(d, 13_000, { kind: 'lag', timerLagMs: 5_000 });
        },
        naming: 'node-a got 0 pages before',
      },
      {
        says: 'invalid',
        when: 'the other had them all',
        change: (d) => pagesAt(d, 'node-b', 9_900),
        naming: 'node-b got 1 pages',
      },
      { says: 'invalid', when: 'it was not killed', change: disarm, naming: 'not killed' },
      {
        says: 'unknown',
        when: 'a capture was not opened',
        change: (d) => {
          for (const one of d.collected.captures.find(({ point }) => point === 'node-b')!.records) one.messages = null;
        },
        naming: 'node-b was not opened',
      },
      {
        says: 'unknown',
        when: 'nothing was captured',
        change: (d) => {
          d.collected.captures = [];
        },
      },
    ],
    { node: 'node-a', beside: 'node-b' },
    base,
  );
});

function isSample(entry: { kind: string; name?: string }): boolean {
  return entry.kind === 'witness' && entry.name === 'relay';
}
