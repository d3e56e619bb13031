import { describe } from '@jest/globals';
import type { HistoryEntry } from '../history/history.ts';
import { notHeldBack } from './not-held-back.ts';
import {
  authorA as author,
  beginsFault,
  type Change,
  type Draft,
  edit,
  event,
  faultToMs,
  insert,
  isEvent,
  remove,
  witness,
} from './record.test-support.ts';
import { relayMemoryGrowsAtMost } from './relay-memory-grows-at-most.ts';
import { starved } from './starved.ts';
import { stillBehind } from './still-behind.ts';
import { testTable } from './table.test-support.ts';
import { timesOut } from './times-out.ts';

const disarm: Change = (draft) => edit(draft, beginsFault, { disarmed: true });
const busy: Change = (draft) => insert(draft, 19_000, { kind: 'lag', timerLagMs: 4_000 });

/** Node-a is asked for a push; it answers, and the relay has it, when told; neither if never. */
interface Asked {
  readonly atMs: number;
  readonly answeredMs?: number;
  readonly ackedMs?: number;
  readonly retryable?: boolean;
}

function pushes(draft: Draft, item: string, operation: number, { atMs, answeredMs, ackedMs, retryable }: Asked): void {
  const part = 'load[0].push';
  insert(draft, atMs, { kind: 'invoked', operation, node: 'node-a', op: 'push', part, digest: item, bytes: 262_144 });
  if (answeredMs !== undefined) {
    const answer = { kind: 'answered', operation, outcome: 'ok', level: 'local', item, cursor: null } as const;
    insert(draft, answeredMs, { ...answer, sequence: null, ...(retryable === true ? { retryable } : {}) });
  }
  if (ackedMs !== undefined) {
    insert(draft, ackedMs, event('node-a', { event: 'acked', atMs: 0, item, cursor: 8, sequence: 5 }));
  }
}

function arrives(draft: Draft, node: string, item: string, atMs: number): void {
  insert(draft, atMs, event(node, { event: 'received', atMs: 0, item, cursor: 8, author, sequence: 5 }));
}

/** From 10 s to 20 s; `counts` are bytes that had come by 10 s, 12 s, … 20 s. */
function starving(draft: Draft, counts = [0, 0, 1448, 1448, 1448, 2896]): void {
  const carried = counts.map((bytesUp, index) => ({ link: 'node-a', atMs: 10_000 + 2000 * index, bytesUp }));
  edit(draft, beginsFault, { name: 'starve', parameters: { link: ['node-a'], rate: 125 } });
  insert(draft, faultToMs, witness('starve', { carried, inForce: [] }, 0));
}

const isStarveWitness = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'starve';

describe('starved', () => {
  testTable(
    starved,
    [
      {
        says: 'invalid',
        when: 'more came',
        change: (d) => {
          remove(d, isStarveWitness);
          starving(d, [0, 0, 1448, 1448, 5448, 6448]);
        },
        naming: '908 B/s',
      },
      {
        says: 'invalid',
        when: 'the push got through all the same',
        change: (d) => edit(d, isEvent('acked', 'a5'), { atMs: 19_000 }),
        naming: '1 of 1 pushes got through',
      },
      {
        says: 'invalid',
        when: 'there was nothing to send',
        change: (d) => remove(d, (entry) => entry.kind === 'invoked' && entry.operation === 60),
        naming: 'nothing to send',
      },
      {
        says: 'invalid',
        when: 'it did not last long enough',
        change: () => {},
        parameters: { link: 'node-a', bytesPerSecond: 250, overMs: 9000, afterMs: 2000 },
        naming: 'not starved for 11000 ms',
      },
      { says: 'invalid', when: 'the fault was off', change: disarm, naming: 'was not starved' },
      { says: 'unknown', when: 'nobody counted', change: (d) => remove(d, isStarveWitness) },
    ],
    { link: 'node-a', bytesPerSecond: 250, overMs: 6000, afterMs: 2000 },
    (d) => {
      starving(d);
      pushes(d, 'a5', 60, { atMs: 10_100, answeredMs: 15_100, ackedMs: 21_600, retryable: true });
    },
  );
});

describe('times-out', () => {
  const isAnswer = (entry: HistoryEntry) => entry.kind === 'answered' && entry.operation === 60;
  const isOutbox = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'outbox-after-retryable';
  const base =
    (answeredMs: number): Change =>
    (d) => {
      pushes(d, 'a5', 60, { atMs: 10_100, answeredMs, retryable: true });
      insert(d, answeredMs, witness('outbox-after-retryable', { node: 'node-a', item: 'a5', present: true }));
    };
  const answeredAt =
    (atMs: number): Change =>
    (d) => {
      edit(d, isAnswer, { atMs });
    };
  testTable(
    timesOut,
    [
      { says: 'invalid', when: 'it gave up too soon', change: answeredAt(12_000), naming: 'too soon' },
      { says: 'invalid', when: 'it waited on', change: answeredAt(18_500), naming: 'after 8400 ms' },
      { says: 'invalid', when: 'it never answered', change: (d) => remove(d, isAnswer), naming: 'without an answer' },
      {
        says: 'invalid',
        when: 'it said that all was well',
        change: (d) => edit(d, isAnswer, { retryable: false }),
        naming: 'ended ok, not retryable',
      },
      {
        says: 'invalid',
        when: 'the item was dropped',
        change: (d) => edit(d, isOutbox, { value: { node: 'node-a', item: 'a5', present: false } }),
        naming: 'not in the outbox any more',
      },
      {
        says: 'unknown',
        when: 'the machine was too busy',
        change: (d) => {
          answeredAt(18_500)(d);
          busy(d);
        },
      },
      { says: 'unknown', when: 'nobody looked into the outbox', change: (d) => remove(d, isOutbox) },
      { says: 'unknown', when: 'nothing was pushed under a fault', change: disarm },
    ],
    { node: 'node-a', limitMs: 5000, toleranceMs: 2000 },
    base(15_300),
  );
});

/** One push before the fault, which reaches both others after 100 ms; one in it, which reaches B late. */
function slowB(draft: Draft): void {
  draft.nodes.push('node-c');
  remove(draft, (entry) => entry.kind === 'invoked' && entry.part.startsWith('load'));
  pushes(draft, 'a5', 60, { atMs: 9_600, answeredMs: 9_610, ackedMs: 9_650 });
  for (const node of ['node-b', 'node-c']) arrives(draft, node, 'a5', 9_700);
  pushes(draft, 'a6', 61, { atMs: 10_100, answeredMs: 10_110, ackedMs: 10_150 });
  arrives(draft, 'node-c', 'a6', 10_250);
  arrives(draft, 'node-b', 'a6', 16_150);
}

describe('not-held-back', () => {
  const isAt = (node: string, item: string) => (entry: HistoryEntry) =>
    isEvent('received', item)(entry) && entry.kind === 'event' && entry.node === node;
  testTable(
    notHeldBack,
    [
      {
        says: 'invalid',
        when: 'it had to wait',
        change: (d) => edit(d, isAt('node-c', 'a6'), { atMs: 10_500 }),
        naming: 'after 400 ms in loss, 100 ms before',
      },
      { says: 'invalid', when: 'one never came', change: (d) => remove(d, isAt('node-c', 'a6')), naming: 'in loss' },
      { says: 'valid', when: 'the fault was disarmed and nobody had to wait', change: disarm },
      {
        says: 'invalid',
        when: 'it had to wait without any fault',
        change: (d) => {
          disarm(d);
          edit(d, isAt('node-c', 'a6'), { atMs: 10_500 });
        },
      },
      {
        says: 'unknown',
        when: 'the machine was too busy',
        change: (d) => {
          busy(d);
          edit(d, isAt('node-c', 'a6'), { atMs: 10_500 });
        },
      },
      { says: 'unknown', when: 'there is nothing to compare with', change: (d) => remove(d, isAt('node-c', 'a5')) },
      {
        says: 'unknown',
        when: 'fewer were pushed than it says',
        change: () => {},
        parameters: { node: 'node-c', times: 3, count: 2 },
      },
      { says: 'unknown', when: 'no fault came', change: (d) => remove(d, beginsFault) },
    ],
    { node: 'node-c', times: 3, count: 1 },
    slowB,
  );
});

describe('still-behind', () => {
  testTable(
    stillBehind,
    [
      { says: 'invalid', when: 'it was nearer', change: () => {}, parameters: { node: 'node-b', byMs: 6001 } },
      {
        says: 'invalid',
        when: 'not all was acknowledged',
        change: (d) => remove(d, isEvent('acked', 'a6')),
        naming: '0 of 1 pushes were acknowledged',
      },
      {
        says: 'invalid',
        when: 'it never had it',
        change: (d) => remove(d, isEvent('received', 'a6')),
        naming: '0 of 1 items reached node-b',
      },
      { says: 'invalid', when: 'the fault was off', change: disarm, naming: 'nothing was pushed' },
    ],
    { node: 'node-b', byMs: 6000 },
    slowB,
  );
});

describe('relay-memory-grows-at-most', () => {
  const look = (draft: Draft, atMs: number, residentBytes: number) =>
    insert(draft, atMs, witness('relay', { sessions: {}, residentBytes }));
  const isLook = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'relay';
  const grownTo =
    (residentBytes: number): Change =>
    (draft) => {
      look(draft, 9_000, 40_000_000);
      look(draft, 9_900, 50_000_000);
      look(draft, 15_000, residentBytes);
      look(draft, 21_000, 50_000_000);
    };
  testTable(
    relayMemoryGrowsAtMost,
    [
      {
        says: 'invalid',
        when: 'it grew by more, and shrank again',
        change: (d) => {
          remove(d, isLook);
          grownTo(60_485_761)(d);
        },
        naming: 'grew by 10485761 bytes from 50000000',
      },
      { says: 'valid', when: 'the fault was disarmed', change: disarm },
      { says: 'unknown', when: 'nobody looked before', change: (d) => remove(d, (e) => isLook(e) && e.atMs < 10_000) },
      { says: 'unknown', when: 'nobody looked since', change: (d) => remove(d, (e) => isLook(e) && e.atMs > 10_000) },
    ],
    { bytes: '10MiB' },
    grownTo(60_485_760),
  );
});
