import { describe } from '@jest/globals';
import type { HistoryEntry } from '../history/history.ts';
import { arrivesInPieces } from './arrives-in-pieces.ts';
import { attemptFitsLimit } from './attempt-fits-limit.ts';
import { changesAccepted } from './changes-accepted.ts';
import { delaysAsOrdered } from './delays-as-ordered.ts';
import { deliveredWithin } from './delivered-within.ts';
import { handshakeTook } from './handshake-took.ts';
import { handshakeWithin } from './handshake-within.ts';
import { noWireErrors } from './no-wire-errors.ts';
import { oneWayDelay } from './one-way-delay.ts';
import { pushesSentOnce } from './pushes-sent-once.ts';
import { receivedInOrder } from './received-in-order.ts';
import { reconnectsAtMost } from './reconnects-at-most.ts';
import {
  beginsFault,
  type Change,
  captured,
  type Draft,
  edit,
  event,
  faultToMs,
  insert,
  isEvent,
  remove,
  state,
  witness,
} from './record.test-support.ts';
import { roundTrips } from './round-trips.ts';
import { statusGoes } from './status-goes.ts';
import { testTable } from './table.test-support.ts';

type Seen = ReturnType<typeof captured>;

const pings = [...Array(10).keys()];

interface Slow {
  /** How much later than without the fault a record arrives, each way. */
  readonly upMs?: number;
  readonly downMs?: number;
  readonly afterMs?: number;
  readonly pushes?: number;
}

/**
 * The record with a latency of 500 ms on the way up of node-a in place of its loss: ten heartbeats before, under and
 * after the fault, a handshake before and one, told to, under it, and the status that follows.
 */
function onSlowLink(draft: Draft): void {
  edit(draft, beginsFault, {
    name: 'latency',
    parameters: { link: ['node-a'], direction: ['up'], delay: 500, jitter: 0 },
  });
  remove(draft, (entry) => entry.atMs > 10_000 && isStateOrFailure(entry));
  insert(draft, 10_600, state('node-a', 'degraded'));
  insert(draft, 11_050, { kind: 'invoked', operation: 200, node: 'node-a', op: 'connect', part: 'load[0].connect' });
  insert(draft, 20_200, state('node-a', 'connected'));
  insert(draft, faultToMs, witness('latency', [inForce()], 0));
  for (const node of ['node-a', 'node-b']) {
    for (const atMs of [9_500, 20_500]) {
      insert(draft, atMs, witness('wire-errors', { node, frameErrors: 3, authFailures: 0 }));
    }
  }
  onWire(draft);
}

/** What the captures have of it. */
function onWire(draft: Draft, slow: Slow = {}): void {
  seenAt(draft, 'node-a', seenByA(slow));
  seenAt(draft, 'relay', seenByRelay(slow));
  seenAt(draft, 'node-b', [...handshake('b', 12, 1), ...pushesUp('b', 3)]);
}

function isStateOrFailure(entry: HistoryEntry): boolean {
  return entry.kind === 'event' && (entry.event.event === 'state' || entry.event.event === 'handshake-failed');
}

const inForce = (delayMs = 500) => ({
  link: 'node-a',
  ability: 'delay',
  direction: 'up',
  measure: { delayMs, jitterMs: 0 },
});

function seenByA({ upMs = 500, downMs = 0, afterMs = 0, pushes = 4 }: Slow): Seen[] {
  const roundTrip = (firstIndex: number, startMs: number, everyMs: number, lateMs: number) =>
    pings.flatMap((count) => [
      captured(startMs + count * everyMs, 'a', 'up', firstIndex + count, 150, ['PRESENCE']),
      captured(startMs + count * everyMs + 2 + lateMs, 'a', 'down', firstIndex + count, 150, ['PRESENCE']),
    ]);
  return [
    ...handshake('a', 12, 1),
    ...pushesUp('a', pushes),
    ...roundTrip(10, 5_000, 10, 0),
    ...handshake('a2', 11_100, 502),
    ...roundTrip(20, 12_000, 600, upMs + downMs),
    ...roundTrip(30, 20_600, 10, afterMs),
  ];
}

/** What was on its way while the fault was on, at the other end. */
function seenByRelay({ upMs = 500 }: Slow): Seen[] {
  return pings.flatMap((count) => [
    captured(12_000 + count * 600 + upMs, 'a', 'up', 20 + count, 150, ['PRESENCE']),
    captured(12_000 + count * 600 + upMs + 2, 'a', 'down', 20 + count, 150, ['PRESENCE']),
  ]);
}

/** m1 to m4, and HELLO, with so long from one to the next. */
function handshake(flow: string, beginMs: number, stepMs: number): Seen[] {
  return [
    captured(beginMs, flow, 'up', 0, 1218, null),
    captured(beginMs + stepMs, flow, 'down', 0, 3570, null),
    captured(beginMs + stepMs + 1, flow, 'up', 1, 2370, null),
    captured(beginMs + 2 * stepMs + 1, flow, 'down', 1, 1122, null),
    captured(beginMs + 2 * stepMs + 2, flow, 'up', 2, 300, ['HELLO']),
  ];
}

function pushesUp(flow: string, count: number): Seen[] {
  return [...Array(count).keys()].map((index) => captured(100 + index, flow, 'up', 3 + index, 1300, ['PUSH']));
}

function seenAt(draft: Draft, point: string, records: readonly Seen[]): void {
  draft.collected.captures.find((capture) => capture.point === point)!.records = records as never;
}

/** Takes records away from what a point saw. */
function without(draft: Draft, point: string, gone: (record: Seen) => boolean): void {
  const { records } = draft.collected.captures.find((capture) => capture.point === point)!;
  seenAt(
    draft,
    point,
    (records as readonly Seen[]).filter((record) => !gone(record)),
  );
}

const disarm = (draft: Draft) => edit(draft, beginsFault, { disarmed: true });
const uncaptured = (draft: Draft) => seenAt(draft, 'node-a', []);
const busy = (draft: Draft) => insert(draft, 15_000, { kind: 'lag', timerLagMs: 400 });

describe('round-trips', () => {
  const parameters = { count: 10, medianRoseMs: 450, backWithinMs: 20 };
  testTable(
    roundTrips,
    [
      {
        says: 'invalid',
        when: 'they rose too little',
        change: (d) => onWire(d, { upMs: 400 }),
        naming: 'rose by 400 ms',
      },
      {
        says: 'invalid',
        when: 'they did not fall back',
        change: (d) => onWire(d, { afterMs: 30 }),
        naming: '30 ms, expected at most 20',
      },
      {
        says: 'unknown',
        when: 'they did not fall back on a busy machine',
        change: (d) => {
          onWire(d, { afterMs: 30 });
          busy(d);
        },
        naming: 'machine too busy',
      },
      {
        says: 'invalid',
        when: 'there were too few',
        change: () => {},
        parameters: { count: 11 },
        naming: '10 round trips under',
      },
      {
        says: 'invalid',
        when: 'there were none before the fault',
        change: (d) => without(d, 'node-a', ({ index }) => index >= 10 && index < 20),
        naming: '0 round trips before the fault',
      },
      { says: 'valid', when: 'pushes count too', change: () => {}, parameters: { ...parameters, of: 'requests' } },
      {
        says: 'invalid',
        when: 'the median is below its bounds',
        change: () => {},
        parameters: { count: 10, medianMs: { from: 1100, to: 1400 } },
      },
      {
        says: 'invalid',
        when: 'the median is above its bounds',
        change: () => {},
        parameters: { count: 10, medianMs: { from: 100, to: 400 } },
      },
      {
        says: 'valid',
        when: 'the longest rose enough',
        change: () => {},
        parameters: { count: 10, longestRoseMs: 450 },
      },
      {
        says: 'invalid',
        when: 'the longest rose too little',
        change: () => {},
        parameters: { count: 10, longestRoseMs: 510 },
      },
      {
        says: 'invalid',
        when: 'they did not spread',
        change: () => {},
        parameters: { count: 10, deviationMs: 60 },
        naming: 'standard deviation 0 ms',
      },
      {
        says: 'invalid',
        when: 'they had no range',
        change: () => {},
        parameters: { count: 10, rangeMs: 150 },
        naming: 'range 0 ms',
      },
      {
        says: 'valid',
        when: 'the one minute that the fault lasted had enough',
        change: () => {},
        parameters: { ...parameters, perMinute: true },
        naming: 'node-a in minute 1: 10 round trips',
      },
      {
        says: 'invalid',
        when: 'a second minute had none',
        change: (d) => {
          remove(d, (entry) => entry.kind === 'healed');
          insert(d, 125_000, { kind: 'healed', fault: 0 });
        },
        parameters: { count: 10, medianRoseMs: 100, perMinute: true },
        naming: 'node-a in minute 2: 0 round trips under the fault',
      },
      { says: 'invalid', when: 'the fault was off', change: disarm, naming: 'no fault was on' },
      { says: 'unknown', when: 'nothing was captured', change: uncaptured },
      {
        says: 'unknown',
        when: 'no session was opened',
        change: (d) =>
          seenAt(
            d,
            'node-a',
            seenByA({}).map((record) => ({ ...record, messages: null })),
          ),
        naming: 'no session was opened',
      },
    ],
    parameters,
    onSlowLink,
  );
});

describe('one-way-delay', () => {
  testTable(
    oneWayDelay,
    [
      {
        says: 'invalid',
        when: 'the way up took less',
        change: (d) => onWire(d, { upMs: 390 }),
        naming: 'node-a up: 10 records took 390.0 ms',
      },
      {
        says: 'invalid',
        when: 'the way down took longer',
        change: (d) => onWire(d, { downMs: 20 }),
        naming: 'node-a down',
      },
      {
        says: 'unknown',
        when: 'it took longer on a busy machine',
        change: (d) => {
          onWire(d, { downMs: 20 });
          busy(d);
        },
      },
      {
        says: 'invalid',
        when: 'too few records were seen at both ends',
        change: (d) => without(d, 'relay', ({ index }) => index > 25),
      },
      { says: 'invalid', when: 'the fault was off', change: disarm },
      { says: 'unknown', when: 'nothing was captured', change: uncaptured },
      { says: 'unknown', when: 'nothing was captured at the relay', change: (d) => seenAt(d, 'relay', []) },
    ],
    { upMs: 500, downMs: 1 },
    (draft) => {
      onSlowLink(draft);
      // Twenty more were on their way when the fault was taken off, and came through at once.
      for (const [point, atMs] of [
        ['node-a', faultToMs - 400],
        ['relay', faultToMs - 2],
      ] as const) {
        const { records } = draft.collected.captures.find((capture) => capture.point === point)!;
        const flushed = Array.from({ length: 20 }, (_, index) => captured(atMs, 'a', 'up', 900 + index, 100, ['PUSH']));
        seenAt(draft, point, [...(records as readonly Seen[]), ...flushed]);
      }
    },
  );
});

describe('handshake-within', () => {
  testTable(
    handshakeWithin,
    [
      {
        says: 'invalid',
        when: 'it took too long',
        change: () => {},
        // 5 times 0.48 ms, and a second.
        parameters: { cleanTimes: 5, plusMs: 1000 },
        naming: 'handshakes over 1002 ms',
      },
      {
        says: 'unknown',
        when: 'it took too long on a busy machine',
        change: busy,
        parameters: { cleanTimes: 5, plusMs: 1000 },
      },
      {
        says: 'invalid',
        when: 'the last message never came',
        change: (d) =>
          without(d, 'node-a', ({ flow, direction, index }) => flow === 'a2' && direction === 'down' && index === 1),
        naming: 'never ended',
      },
      {
        says: 'invalid',
        when: 'the node did not go on after it',
        change: (d) => without(d, 'node-a', ({ flow, index }) => flow === 'a2' && index === 2),
        naming: 'never ended',
      },
      {
        says: 'invalid',
        when: 'm3 left before m2 had come',
        change: (d) =>
          seenAt(
            d,
            'node-a',
            seenByA({}).map((record) =>
              record.flow === 'a2' && record.direction === 'up' && record.index === 1
                ? { ...record, firstMs: 11_110 }
                : record,
            ),
          ),
        naming: 'did not take turns',
      },
      {
        says: 'unknown',
        when: 'there is no baseline of a clean network',
        change: (d) => Object.assign(d, { baseline: null }),
      },
      {
        says: 'unknown',
        when: 'none began under the fault',
        change: (d) => without(d, 'node-a', ({ flow }) => flow === 'a2'),
      },
      { says: 'unknown', when: 'nothing was captured', change: uncaptured },
      { says: 'unknown', when: 'there was no fault', change: (d) => remove(d, beginsFault) },
      { says: 'valid', when: 'the fault was off', change: disarm },
    ],
    { cleanTimes: 5, plusMs: 1500 },
    onSlowLink,
  );
});

describe('handshake-took', () => {
  testTable(
    handshakeTook,
    [
      {
        says: 'invalid',
        when: 'it took less',
        change: () => {},
        parameters: { minMs: 1100 },
        naming: 'a handshake took',
      },
      {
        says: 'invalid',
        when: 'there was none under the fault',
        change: (d) => without(d, 'node-a', ({ flow }) => flow === 'a2'),
      },
      { says: 'invalid', when: 'the fault was off', change: disarm },
      { says: 'unknown', when: 'nothing was captured', change: uncaptured },
    ],
    { minMs: 1000 },
    onSlowLink,
  );
});

describe('attempt-fits-limit', () => {
  /** Of node-a’s link, each way; what three round trips need is six times as much. */
  const delayed =
    (delay: number): Change =>
    (d) =>
      edit(d, beginsFault, {
        name: 'latency',
        parameters: { link: ['node-a'], direction: ['up', 'down'], delay, jitter: 0 },
      });
  const failed = (d: Draft, reason: string, afterMs: number) =>
    edit(d, isEvent('handshake-failed'), {
      event: { event: 'handshake-failed', atMs: 0, stage: 'welcome', reason, afterMs },
    });
  /** Welcomed so long after it began at 11 s, in place of its failure. */
  const welcomed =
    (afterMs: number): Change =>
    (d) => {
      remove(d, isEvent('handshake-failed'));
      insert(d, 11_000 + afterMs, state('node-a', 'connected'));
    };
  const isEndOfAttempt = (entry: HistoryEntry) => entry.atMs > 11_000 && isStateOrFailure(entry);
  const inTime = (d: Draft, afterMs = 600) => {
    delayed(100)(d);
    welcomed(afterMs)(d);
  };

  testTable(
    attemptFitsLimit,
    [
      { says: 'valid', when: 'the relay was first to end the wait', change: (d) => failed(d, 'closed', 9999.5) },
      { says: 'invalid', when: 'it gave up too soon', change: (d) => failed(d, 'timed-out', 9899), naming: '9899 ms' },
      { says: 'invalid', when: 'it gave up too late', change: (d) => failed(d, 'timed-out', 10_101) },
      {
        says: 'unknown',
        when: 'it gave up too late on a busy machine',
        change: (d) => {
          failed(d, 'timed-out', 10_101);
          insert(d, 22_000, { kind: 'lag', timerLagMs: 50 });
        },
      },
      { says: 'invalid', when: 'it failed for another reason', change: (d) => failed(d, 'agreement', 10_000) },
      { says: 'invalid', when: 'it got in all the same', change: welcomed(10_200), naming: 'was welcomed' },
      { says: 'valid', when: 'the round trips fit in, and it got in', change: inTime },
      { says: 'invalid', when: 'it got in sooner than they take', change: (d) => inTime(d, 599) },
      { says: 'invalid', when: 'they fit in, and it timed out', change: delayed(100), naming: 'take 600 ms of 10000' },
      { says: 'unknown', when: 'the attempt never ended', change: (d) => remove(d, isEndOfAttempt) },
      { says: 'unknown', when: 'the fault was disarmed', change: (d) => edit(d, beginsFault, { disarmed: true }) },
    ],
    { node: 'node-a', roundTrips: 3, limitMs: 10_000, toleranceMs: 100 },
    (d) => {
      delayed(1700)(d);
      failed(d, 'timed-out', 10_000);
    },
  );
});

describe('reconnects-at-most', () => {
  testTable(
    reconnectsAtMost,
    [
      {
        says: 'invalid',
        when: 'a node announced a loss',
        change: (d) => insert(d, 15_000, state('node-a', 'reconnecting')),
        naming: '1 losses announced',
      },
      {
        says: 'valid',
        when: 'one was allowed',
        change: (d) => insert(d, 15_000, state('node-a', 'reconnecting')),
        parameters: { count: 1 },
      },
      {
        says: 'invalid',
        when: 'a node connected without being told',
        change: (d) => remove(d, (entry) => entry.kind === 'invoked' && entry.operation === 200),
        naming: '2 handshakes for 1 orders',
      },
      { says: 'unknown', when: 'nothing was captured', change: uncaptured },
      {
        says: 'unknown',
        when: 'no handshake was seen',
        change: (d) => without(d, 'node-b', ({ index }) => index === 0),
      },
      {
        says: 'valid',
        when: 'only another node announced a loss',
        change: (d) => insert(d, 15_000, state('node-a', 'reconnecting')),
        parameters: { node: 'node-b', count: 0 },
      },
    ],
    { count: 0 },
    onSlowLink,
  );
});

describe('reconnects-at-most per minute', () => {
  const announced =
    (...times: readonly number[]) =>
    (draft: Draft) => {
      for (const atMs of times) insert(draft, atMs, state('node-a', 'reconnecting'));
    };
  /** One more each so often after those of the record, of which the first two were ordered. */
  const shookHands =
    (...times: readonly number[]) =>
    (draft: Draft) =>
      seenAt(draft, 'node-a', [...seenByA({}), ...times.flatMap((atMs, index) => handshake(`x${index}`, atMs, 1))]);
  testTable(
    reconnectsAtMost,
    [
      { says: 'valid', when: 'two were a minute apart', change: announced(15_000, 75_000) },
      { says: 'invalid', when: 'two were within a minute', change: announced(15_000, 74_999) },
      { says: 'valid', when: 'handshakes were a minute apart', change: shookHands(15_000, 75_000) },
      { says: 'invalid', when: 'handshakes were within a minute', change: shookHands(15_000, 74_999) },
      {
        says: 'valid',
        when: 'one of them was ordered',
        change: (d) => {
          shookHands(15_000, 74_999)(d);
          insert(d, 74_000, { kind: 'invoked', operation: 201, node: 'node-a', op: 'connect', part: 'load' });
        },
      },
      { says: 'unknown', when: 'nothing was captured', change: uncaptured },
    ],
    { node: 'node-a', count: 1, perMinute: true },
    onSlowLink,
  );
});

describe('pushes-sent-once', () => {
  testTable(
    pushesSentOnce,
    [
      {
        says: 'invalid',
        when: 'one went out twice',
        change: (d) => onWire(d, { pushes: 5 }),
        naming: 'node-a sent 5 pushes for 4',
      },
      { says: 'unknown', when: 'nothing was captured', change: uncaptured },
      {
        says: 'unknown',
        when: 'a session stayed closed',
        change: (d) => {
          for (const capture of d.collected.captures) capture.opaqueSessions = 1;
        },
      },
    ],
    {},
    (d) => {
      onSlowLink(d);
      for (const capture of d.collected.captures) capture.opaqueSessions = 0;
    },
  );
});

describe('received-in-order', () => {
  const received = (sequence: number) =>
    event('node-b', { event: 'received', atMs: 0, item: 'x', cursor: 9, author: 'other', sequence });
  testTable(receivedInOrder, [
    {
      says: 'invalid',
      when: 'a later number came first',
      change: (d) => insert(d, 15_000, received(2), received(1)),
      naming: 'number 1 after 2',
    },
    { says: 'invalid', when: 'a number came twice', change: (d) => insert(d, 15_000, received(2), received(2)) },
    {
      says: 'unknown',
      when: 'nothing was received',
      change: (d) => remove(d, (entry) => entry.kind === 'event' && entry.event.event === 'received'),
    },
  ]);
});

describe('delivered-within', () => {
  const isReceived = (entry: HistoryEntry) =>
    entry.kind === 'event' && entry.event.event === 'received' && entry.event.item === 'b3';
  testTable(
    deliveredWithin,
    [
      { says: 'invalid', when: 'an item never arrived', change: (d) => remove(d, isReceived), naming: 'never arrived' },
      {
        says: 'invalid',
        when: 'an item arrived late',
        change: (d) => edit(d, isReceived, { atMs: 2_500 }),
        naming: 'after 1496 ms',
      },
      {
        says: 'unknown',
        when: 'an item arrived late on a busy machine',
        change: (d) => {
          edit(d, isReceived, { atMs: 2_500 });
          busy(d);
        },
      },
      {
        says: 'invalid',
        when: 'fewer items were accepted',
        change: () => {},
        parameters: { withinMs: 1000, count: 3 },
        naming: '2 of 3',
      },
      {
        says: 'invalid',
        when: 'an item arrived after the heal',
        change: (d) => edit(d, isReceived, { atMs: 20_001 }),
        parameters: { withinMs: 30_000, count: 2, underFault: true },
        naming: 'only after the heal',
      },
      {
        says: 'unknown',
        when: 'nothing was pushed',
        change: (d) => remove(d, (entry) => entry.kind === 'invoked' && entry.op === 'push'),
      },
    ],
    { withinMs: 1000, count: 2, after: 'last-push' },
  );
});

describe('status-goes', () => {
  const isState = (name: string) => (entry: HistoryEntry) =>
    entry.kind === 'event' && entry.event.event === 'state' && entry.event.state === name && entry.atMs > 10_000;
  testTable(
    statusGoes,
    [
      {
        says: 'invalid',
        when: 'it was never degraded',
        change: (d) => remove(d, isState('degraded')),
        naming: 'never degraded',
      },
      {
        says: 'invalid',
        when: 'it was degraded late',
        change: () => {},
        parameters: { withinMs: 500, backWithinMs: 1000 },
        naming: 'later than 500 ms',
      },
      {
        says: 'invalid',
        when: 'it stayed degraded',
        change: (d) => remove(d, isState('connected')),
        naming: 'stayed degraded',
      },
      {
        says: 'invalid',
        when: 'it was connected late',
        change: () => {},
        parameters: { withinMs: 5000, backWithinMs: 100 },
        naming: 'connected again after 200 ms',
      },
      {
        says: 'unknown',
        when: 'it was connected late on a busy machine',
        change: busy,
        parameters: { withinMs: 5000, backWithinMs: 100 },
      },
      {
        says: 'invalid',
        when: 'it went through another state',
        change: (d) => insert(d, 15_000, state('node-a', 'reconnecting')),
        naming: 'became reconnecting',
      },
      {
        says: 'invalid',
        when: 'it was not connected before',
        change: (d) => insert(d, 9_900, state('node-a', 'reconnecting')),
        naming: 'was reconnecting',
      },
      { says: 'unknown', when: 'the fault was off', change: disarm },
    ],
    { withinMs: 5000, backWithinMs: 1000 },
    onSlowLink,
  );
});

describe('no-wire-errors', () => {
  const isLast = (entry: HistoryEntry) =>
    entry.kind === 'witness' && entry.name === 'wire-errors' && entry.atMs > 20_000;
  testTable(
    noWireErrors,
    [
      {
        says: 'invalid',
        when: 'a frame could not be read',
        change: (d) => edit(d, isLast, { value: { node: 'node-a', frameErrors: 4, authFailures: 0 } }),
        naming: '1 frame errors',
      },
      {
        says: 'invalid',
        when: 'a record did not open',
        change: (d) => edit(d, isLast, { value: { node: 'node-a', frameErrors: 3, authFailures: 1 } }),
        naming: '1 authentication failures',
      },
      {
        says: 'unknown',
        when: 'the counters were read only once',
        change: (d) => remove(d, isLast),
        naming: 'not read before and after',
      },
      {
        says: 'invalid',
        when: 'the relay could not read a record',
        change: (d) => {
          d.collected.relay.stats!.rejects = { 'bad-record': 1, 'hello-timeout': 1 };
        },
        naming: '1 for bad-record',
      },
      {
        says: 'unknown',
        when: 'the relay told nothing',
        change: (d) => {
          d.collected.relay.stats = null;
        },
      },
    ],
    {},
    onSlowLink,
  );
});

describe('delays-as-ordered', () => {
  const isWitness = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'latency';
  testTable(
    delaysAsOrdered,
    [
      {
        says: 'invalid',
        when: 'another delay was in force',
        change: (d) => edit(d, isWitness, { value: [inForce(100)] }),
        naming: 'node-a up: 500 ± 0 ms',
      },
      { says: 'invalid', when: 'none was in force', change: (d) => edit(d, isWitness, { value: [] }) },
      { says: 'unknown', when: 'the proxy was not asked', change: (d) => remove(d, isWitness) },
      { says: 'invalid', when: 'the fault was off', change: disarm },
    ],
    {},
    onSlowLink,
  );
});

describe('changes-accepted', () => {
  const isWitness = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'wandering-latency';
  const isSteps = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'bandwidth-steps';
  testTable(
    changesAccepted,
    [
      {
        says: 'invalid',
        when: 'there were fewer',
        change: () => {},
        parameters: { min: 161 },
        naming: '160 changes accepted',
      },
      { says: 'unknown', when: 'nobody counted', change: (d) => remove(d, isWitness) },
      { says: 'invalid', when: 'the fault was off', change: disarm },
    ],
    { min: 20 },
    (d) => {
      edit(d, beginsFault, { name: 'wandering-latency' });
      insert(d, faultToMs, witness('wandering-latency', { changes: 160, inForce: [] }, 0));
    },
  );
  const changes = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ atMs: 10_000 + index, bytesPerSecond: 10_000 }));
  testTable(
    changesAccepted,
    [
      {
        says: 'invalid',
        when: 'the rate was changed too seldom',
        change: (d) => edit(d, isSteps, { value: { changes: changes(13), inForce: [] } }),
        naming: '13 changes accepted',
      },
      { says: 'unknown', when: 'nobody counted changes of the rate', change: (d) => remove(d, isSteps) },
      { says: 'invalid', when: 'the rate was left alone', change: disarm },
    ],
    { min: 14 },
    (d) => {
      edit(d, beginsFault, { name: 'bandwidth-steps' });
      insert(d, faultToMs, witness('bandwidth-steps', { changes: changes(14), inForce: [] }, 0));
    },
  );
});

describe('arrives-in-pieces', () => {
  const inPieces = (direction: 'up' | 'down', apartMs: number) =>
    pings.map((count) => {
      const seen = captured(12_000 + count * 600, 'a', direction, 20 + count, 150, ['PRESENCE']);
      return { ...seen, lastMs: seen.firstMs + apartMs };
    });
  const seen = (draft: Draft, upMs = 100, downMs = 100) => {
    seenAt(draft, 'node-a', [...inPieces('up', 0), ...inPieces('down', downMs)]);
    seenAt(draft, 'relay', [...inPieces('up', upMs), ...inPieces('down', 0)]);
  };
  testTable(
    arrivesInPieces,
    [
      { says: 'invalid', when: 'they came whole', change: (d) => seen(d, 100, 0), naming: 'node-a down: 0 of 10' },
      {
        says: 'invalid',
        when: 'they came whole to the relay',
        change: (d) => seen(d, 0),
        naming: 'node-a up: 0 of 10',
      },
      { says: 'invalid', when: 'there were too few', change: () => {}, parameters: { min: 11, bytes: 100 } },
      { says: 'invalid', when: 'all were too small', change: () => {}, parameters: { min: 5, bytes: 200 } },
      { says: 'invalid', when: 'the fault was off', change: disarm, naming: 'no link was fragmented' },
      { says: 'unknown', when: 'nothing was captured', change: uncaptured },
    ],
    { min: 5, bytes: 100 },
    (d) => {
      edit(d, beginsFault, {
        name: 'fragments',
        parameters: { link: ['node-a'], direction: ['up', 'down'], bytes: 3 },
      });
      seen(d);
    },
  );
});
