import { describe, expect, test } from '@jest/globals';
import type { CapturedRecord } from '../history/collected.ts';
import { acceptsWithin } from './accepts-within.ts';
import { bytesAtMost } from './bytes-at-most.ts';
import type { Checker } from './checker.ts';
import { cleanedUpWhileAway } from './cleaned-up-while-away.ts';
import { killedAfterBytes } from './killed-after-bytes.ts';
import { neverBeyondStored } from './never-beyond-stored.ts';
import { notifiedOnce } from './notified-once.ts';
import {
  authorA,
  authorB,
  type Change,
  captured,
  capturedAt,
  type Draft,
  edit,
  event,
  insert,
  judged,
  type Row,
  remove,
  told,
  vectorOf,
  witness,
} from './record.test-support.ts';
import { storedOnceSameId } from './stored-once-same-id.ts';
import { testTable } from './table.test-support.ts';
import { unknownAtStrike } from './unknown-at-strike.ts';

/** Like `testTable`, for checkers whose evidence the valid record does not have: `base` adds it. */
function testTableOn<Parameters>(
  base: Change,
  checker: Checker<Parameters>,
  parameters: unknown,
  rows: readonly Row[],
): void {
  test(`${checker.name} says valid of a trial in which all is well`, () => {
    expect(judged(checker, base, parameters)).toEqual({ verdict: 'valid', because: expect.any(String) });
  });
  test.each(rows)(`${checker.name} says $says when $when`, ({ says, change, naming, parameters: own }) => {
    const both: Change = (draft) => {
      base(draft);
      change(draft);
    };
    const finding = judged(checker, both, own ?? parameters);
    expect({ verdict: finding.verdict, told: told(finding) }).toEqual({ verdict: says, told: expect.any(String) });
    if (naming !== undefined) expect(told(finding)).toContain(naming);
  });
}

describe('stored-once-same-id', () => {
  testTable(storedOnceSameId, [
    {
      says: 'invalid',
      when: 'a retry was stored under another id',
      change: (d) => d.collected.relay.rows!.push({ ...d.collected.relay.rows![4]!, item: 'x3', cursor: 8 }),
      naming: 'x3',
    },
    {
      says: 'invalid',
      when: 'a retry was acknowledged under another id',
      change: (d) =>
        insert(d, 21_600, event('node-a', { event: 'acked', atMs: 0, item: 'x3', cursor: 5, sequence: 3 })),
      naming: 'x3',
    },
    {
      says: 'invalid',
      when: 'a retry was given another cursor',
      change: (d) =>
        insert(d, 21_600, event('node-a', { event: 'acked', atMs: 0, item: 'a3', cursor: 6, sequence: 3 })),
      naming: 'a3 has the cursors 5 and 6',
    },
    {
      says: 'invalid',
      when: 'the relay has used a cursor more than there are items, and has cleaned up since',
      change: (d) => {
        d.collected.relay.rows = [];
        d.collected.nodes['node-b']!.cursor = 8;
      },
      naming: '8 cursors for 7 items',
    },
    {
      says: 'unknown',
      when: 'the rows of the relay were not collected',
      change: (d) => {
        d.collected.relay.rows = null;
      },
    },
    {
      says: 'unknown',
      when: 'a push ended without an answer',
      change: (d) => remove(d, (entry) => entry.kind === 'answered' && entry.operation === 5),
    },
    {
      says: 'not-run',
      when: 'the system tells no cursors',
      change: (d) => {
        d.can = d.can.filter((one) => one !== 'cursor');
      },
    },
  ]);
});

describe('never-beyond-stored', () => {
  const held = (cursor: number | null, vector: string | null, changes: object = {}) =>
    witness('held', {
      node: 'node-b',
      cursor,
      vector,
      cursors: [[2, 4]],
      sequences: { [authorA]: [[2, 2]], [authorB]: [[1, 2]] },
      ...changes,
    });
  // a1, at cursor 1, is deleted in the valid record.
  const base: Change = (d) => insert(d, 700, held(4, vectorOf(2, 2)));
  testTableOn(base, neverBeyondStored, { node: ['node-b'] }, [
    {
      says: 'invalid',
      when: 'the cursor was ahead of the items',
      change: (d) => insert(d, 800, held(6, vectorOf(2, 2))),
      naming: 'had read to 6 and did not hold 2 below it, the first at 5',
    },
    {
      says: 'invalid',
      when: 'an item below the cursor was missing',
      change: (d) =>
        insert(
          d,
          800,
          held(4, vectorOf(2, 2), {
            cursors: [
              [2, 2],
              [4, 4],
            ],
          }),
        ),
      naming: 'the first at 3',
    },
    {
      says: 'invalid',
      when: 'the vector was ahead of the items',
      change: (d) => insert(d, 800, held(4, vectorOf(3, 2))),
      naming: 'did not hold 1, such as 3',
    },
    {
      says: 'valid',
      when: 'the items were ahead of both',
      change: (d) => insert(d, 800, held(2, vectorOf(1, 1))),
    },
    {
      says: 'valid',
      when: 'the system has neither cursor nor vector',
      change: (d) => insert(d, 800, held(null, null)),
    },
    {
      says: 'unknown',
      when: 'nobody looked at the node',
      change: () => undefined,
      parameters: { node: ['node-b', 'node-a'] },
      naming: 'node-a',
    },
  ]);
});

describe('notified-once', () => {
  const notify =
    (count: number): Change =>
    (d) => {
      capturedAtB(d, [
        captured(500, 'b', 'down', 8, 200, ['NOTIFY']),
        captured(950, 'b', 'down', 9, 100, ['PRESENCE']),
        ...Array.from({ length: count }, (_, index) =>
          captured(1100 + index, 'b', 'down', 10 + index, 200, ['NOTIFY']),
        ),
      ]);
      insert(d, 900, { kind: 'phase', phase: 'loading' });
    };
  testTableOn(notify(1), notifiedOnce, { node: 'node-b' }, [
    { says: 'invalid', when: 'the relay told twice of one item', change: notify(2), naming: '2 times of 1' },
    { says: 'invalid', when: 'it never told', change: notify(0) },
    {
      says: 'unknown',
      when: 'the capture was not opened',
      change: (d) => {
        for (const one of d.collected.captures.find(({ point }) => point === 'node-b')!.records) one.messages = null;
      },
    },
    {
      says: 'unknown',
      when: 'nothing was captured',
      change: (d) => {
        d.collected.captures.find(({ point }) => point === 'node-b')!.records = [];
      },
    },
  ]);
});

describe('bytes-at-most', () => {
  // Since the seed set: a3 and b3, of 1024 and 82 bytes each; no connect.
  const least = 2 * (1024 + 82);
  const exchanged =
    (bytes: number): Change =>
    (d) => {
      capturedAtB(d, [
        captured(500, 'b', 'down', 8, 100_000, null),
        captured(1100, 'b', 'up', 9, 1000, null),
        captured(1200, 'b', 'down', 9, bytes - 1000, null),
      ]);
      remove(d, (entry) => entry.kind === 'phase' && entry.phase === 'loading');
      insert(d, 900, { kind: 'phase', phase: 'loading' });
    };
  testTableOn(exchanged(least * 1.5), bytesAtMost, { node: 'node-b', times: 1.5 }, [
    { says: 'invalid', when: 'it is one byte more', change: exchanged(least * 1.5 + 1), naming: `times ${least}` },
    {
      says: 'valid',
      when: 'a handshake was ordered as well',
      change: (d) => {
        exchanged(least * 1.5 + 8000)(d);
        insert(d, 1000, { kind: 'invoked', operation: 99, node: 'node-b', op: 'connect', part: 'load[0].connect' });
      },
    },
    {
      says: 'unknown',
      when: 'nothing was captured',
      change: (d) => {
        d.collected.captures = [];
      },
    },
    {
      says: 'unknown',
      when: 'the load never began',
      change: (d) => remove(d, (entry) => entry.kind === 'phase' && entry.phase === 'loading'),
    },
  ]);
});

describe('cleaned-up-while-away', () => {
  const cleanUp = (changes: object = {}) =>
    witness('clean-up', {
      runsBefore: 1,
      runsAfter: 2,
      blobsBefore: 7,
      blobsAfter: 4,
      sessions: { 'node-a': 0, 'node-b': 1 },
      ...changes,
    });
  const base: Change = (d) => {
    insert(d, 15_000, cleanUp());
    for (const { point } of d.collected.captures) {
      capturedAt(
        d,
        point,
        [30, 21_000].map((atMs) => captured(atMs, 'a', 'down', atMs, 100, null)),
      );
    }
  };
  testTableOn(base, cleanedUpWhileAway, { node: 'node-a' }, [
    { says: 'invalid', when: 'the node was there', change: () => undefined, parameters: { node: 'node-b' } },
    {
      says: 'invalid',
      when: 'no clean-up was finished',
      change: (d) => edit(d, isCleanUp, cleanUp({ runsAfter: 1 })),
    },
    {
      says: 'invalid',
      when: 'no fault had struck',
      change: (d) => edit(d, (entry) => entry.kind === 'injected', { disarmed: true }),
    },
    {
      says: 'invalid',
      when: 'the node did not come back',
      change: (d) => {
        for (const capture of d.collected.captures) capture.records.pop();
      },
    },
    {
      says: 'unknown',
      when: 'nothing was captured',
      change: (d) => {
        d.collected.captures = [];
      },
    },
  ]);
});

/** All that was captured at node-b. */
function capturedAtB(draft: Draft, records: readonly CapturedRecord[]): void {
  capturedAt(draft, 'node-b', records);
}

describe('killed-after-bytes', () => {
  const killed = (endedAtMs: number | null, disarmed = false): Change => {
    const state = { target: 'node-a', status: 'ended', startedAtMs: 0, endedAtMs, exitCode: 137 };
    return (d) => {
      edit(d, (entry) => entry.kind === 'injected', { name: 'kill', parameters: { target: 'node-a' }, disarmed });
      insert(d, 15_000, witness('process', state, 0));
      insert(d, 5, { kind: 'phase', phase: 'loading' });
    };
  };
  // m2 of the first connection came at 31 ms, with 3570 bytes; that of the second at 11 110 ms.
  const parameters = { link: 'node-a', direction: 'down', bytes: 5000, 'of-records-from': 2000, withinMs: 500 };
  testTableOn(killed(11_400), killedAfterBytes, parameters, [
    { says: 'invalid', when: 'it was killed too late', change: killedAgain(12_000), naming: '890 ms after 7140 bytes' },
    { says: 'invalid', when: 'it was killed before', change: killedAgain(11_000) },
    {
      says: 'invalid',
      when: 'so much never passed',
      change: () => undefined,
      parameters: { ...parameters, bytes: 50_000 },
      naming: 'only 10710 bytes',
    },
    {
      says: 'invalid',
      when: 'nothing was killed',
      change: (d) => edit(d, (entry) => entry.kind === 'injected', { disarmed: true }),
    },
    { says: 'unknown', when: 'the engine told no instant', change: killedAgain(null) },
    {
      says: 'unknown',
      when: 'there was no tap',
      change: (d) => {
        d.collected.tapJournal = null;
      },
    },
  ]);
});

function killedAgain(endedAtMs: number | null): Change {
  return (draft) => {
    for (const entry of draft.entries) {
      if (entry.kind === 'witness' && entry.name === 'process') entry.value = { ...(entry.value as object), endedAtMs };
    }
  };
}

describe('accepts-within', () => {
  const base: Change = (d) => insert(d, 5, { kind: 'phase', phase: 'loading' });
  // Connections of node-a at 20, 11 050 and 20 990 ms.
  testTableOn(base, acceptsWithin, { link: 'node-a', count: 2, withinMs: 10_000 }, [
    {
      says: 'invalid',
      when: 'they came too slowly',
      change: () => undefined,
      parameters: { link: 'node-a', count: 3, withinMs: 10_000 },
      naming: '3 connections of node-a accepted, expected 3 within 10000 ms',
    },
    {
      says: 'unknown',
      when: 'they came too slowly on a machine that was too busy to tell',
      change: (d) => edit(d, (entry) => entry.kind === 'lag', { timerLagMs: 2000 }),
      parameters: { link: 'node-a', count: 3, withinMs: 10_000 },
      naming: 'too busy',
    },
    {
      says: 'invalid',
      when: 'there were too few',
      change: () => undefined,
      parameters: { link: 'node-a', count: 4, withinMs: 60_000 },
    },
    {
      says: 'invalid',
      when: 'they were those of the seeding',
      change: (d) => {
        remove(d, (entry) => entry.kind === 'phase' && entry.phase === 'loading');
        insert(d, 20_000, { kind: 'phase', phase: 'loading' });
      },
    },
    {
      says: 'unknown',
      when: 'there was no tap',
      change: (d) => {
        d.collected.tapJournal = null;
      },
    },
  ]);
});

describe('unknown-at-strike', () => {
  const strike =
    (atMs: number): Change =>
    (d) =>
      insert(d, atMs, witness('tap-strike', { link: 'node-a', connection: 1, direction: 'up', record: 3 }, 0));
  // a3 and b3 are pushed at 1000 and 1004 ms and known to the other node 40 ms later.
  testTableOn(strike(1043), unknownAtStrike, { count: 1 }, [
    {
      says: 'invalid',
      when: 'one had come by then',
      change: () => undefined,
      parameters: { count: 2 },
      naming: '1 of 2 items unknown',
    },
    {
      says: 'invalid',
      when: 'nothing was struck',
      change: (d) => remove(d, (entry) => entry.kind === 'witness' && entry.name === 'tap-strike'),
      naming: 'never struck',
    },
  ]);
});

function isCleanUp(entry: { kind: string; name?: string }): boolean {
  return entry.kind === 'witness' && entry.name === 'clean-up';
}
