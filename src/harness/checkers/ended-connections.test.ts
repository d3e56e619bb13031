import { describe } from '@jest/globals';
import { errorCodes } from '../../contract/wire.ts';
import { backWithin } from './back-within.ts';
import { connectionReset } from './connection-reset.ts';
import { latencyWithin } from './latency-within.ts';
import { leftConnectedWithin } from './left-connected-within.ts';
import { noSplitBrain } from './no-split-brain.ts';
import { pushesUnanswered } from './pushes-unanswered.ts';
import { queuedAtOnce } from './queued-at-once.ts';
import {
  beginsFault,
  type Change,
  captured,
  type Draft,
  edit,
  event,
  faultFromMs,
  insert,
  isEvent,
  plainDigest,
  type Row,
  remove,
  tapped,
  vectorOf,
  witness,
} from './record.test-support.ts';
import { recordsFlat } from './records-flat.ts';
import { sessionGoneWithin } from './session-gone-within.ts';
import { storedOnlyWhole } from './stored-only-whole.ts';
import { struckInsidePush } from './struck-inside-push.ts';
import { testTable } from './table.test-support.ts';
import { toldOfShutdown } from './told-of-shutdown.ts';

const disarm: Change = (draft) => edit(draft, beginsFault, { disarmed: true });
const tooBusy: Change = (draft) => insert(draft, 15_000, { kind: 'lag', timerLagMs: 400 });

/** Takes out the states that a node announced between two moments. */
function silence(draft: Draft, node: string, fromMs: number, toMs: number): void {
  remove(
    draft,
    (entry) =>
      entry.kind === 'event' &&
      entry.node === node &&
      entry.event.event === 'state' &&
      entry.atMs >= fromMs &&
      entry.atMs <= toMs,
  );
}

/** node-a is told to go or to come. */
function tell(draft: Draft, op: 'connect' | 'disconnect', atMs: number): void {
  insert(draft, atMs, { kind: 'invoked', operation: 200 + atMs, node: 'node-a', op, part: 'load[0]' });
}

/** A push of node-a inside the fault, accepted after `tookMs`. */
function pushInside(draft: Draft, tookMs = 5, answer: Record<string, unknown> = {}): void {
  insert(draft, 15_000, {
    kind: 'invoked',
    operation: 60,
    node: 'node-a',
    op: 'push',
    part: 'load[1].push',
    digest: plainDigest('a5'),
    bytes: 1024,
  });
  const accepted = { outcome: 'ok', level: 'local', item: 'a5', cursor: null, sequence: null } as const;
  insert(draft, 15_000 + tookMs, { kind: 'answered', operation: 60, ...accepted, ...answer });
}

/** What was captured at a node, instead of nothing. */
function seenAt(point: string, ...records: readonly ReturnType<typeof captured>[]): Change {
  return (draft) => {
    const capture = draft.collected.captures.find((one) => one.point === point)!;
    capture.records = records as Draft['collected']['captures'][number]['records'];
  };
}

const pushing = [
  captured(100, 'a', 'up', 0, 1218, null),
  captured(9_980, 'a', 'up', 10, 1300, ['PUSH']),
  captured(9_985, 'a', 'up', 11, 1300, ['PUSH']),
  captured(9_990, 'a', 'down', 10, 150, ['PUSH_ACK']),
  captured(21_000, 'b', 'up', 0, 1218, null),
  captured(21_100, 'b', 'up', 3, 1300, ['PUSH']),
];

/** How the connection `a` of a node ended. */
function ended(point: string, endedMs: number | null, wasReset: boolean): Change {
  return (draft) => {
    const capture = draft.collected.captures.find((one) => one.point === point)!;
    capture.connections = [{ flow: 'a', openedMs: 90, endedMs, wasReset }];
  };
}

describe('left-connected-within', () => {
  testTable(
    leftConnectedWithin,
    [
      {
        says: 'invalid',
        when: 'the node noticed later',
        change: () => {},
        parameters: { withinMs: 500 },
        naming: 'node-a left connected after 1000 ms',
      },
      {
        says: 'invalid',
        when: 'the node never noticed',
        change: (d) => silence(d, 'node-a', 10_000, 21_500),
        naming: 'after no ms',
      },
      {
        says: 'invalid',
        when: 'another node, which was asked for, did not notice',
        change: () => {},
        parameters: { withinMs: 2000, node: 'node-b' },
        naming: 'node-b',
      },
      {
        says: 'unknown',
        when: 'the machine was too busy for a bound that was missed',
        change: tooBusy,
        parameters: { withinMs: 500 },
        naming: 'too busy',
      },
      {
        says: 'unknown',
        when: 'the node had been told to stay away',
        change: (d) => tell(d, 'disconnect', 9_900),
        naming: 'no node was to be connected',
      },
      {
        says: 'valid',
        when: 'it had been told to come back since',
        change: (d) => {
          tell(d, 'disconnect', 9_800);
          tell(d, 'connect', 9_900);
        },
      },
      { says: 'unknown', when: 'the node announced nothing', change: (d) => silence(d, 'node-a', 0, 30_000) },
      {
        says: 'invalid',
        when: 'its connection had ended while the fault was still being injected',
        change: (d) => {
          insert(d, 9_000, witness('triggered', { trigger: 'passed' }, 0));
          seenAt('node-a', ...pushing)(d);
          ended('node-a', 9_500, true)(d);
        },
        parameters: { withinMs: 1200 },
        naming: 'after 1500 ms',
      },
      { says: 'unknown', when: 'the fault was disarmed', change: disarm, naming: 'no fault' },
    ],
    { withinMs: 2000 },
  );
});

describe('back-within', () => {
  testTable(
    backWithin,
    [
      {
        says: 'invalid',
        when: 'the node came later',
        change: () => {},
        parameters: { withinMs: 500 },
        naming: 'connected 1000 ms after',
      },
      {
        says: 'invalid',
        when: 'the node never came',
        change: (d) => silence(d, 'node-a', 21_000, 30_000),
        naming: 'connected no ms after',
      },
      {
        says: 'invalid',
        when: 'the node was never away',
        change: (d) => silence(d, 'node-a', 10_000, 21_500),
        naming: 'was not away',
      },
      {
        says: 'unknown',
        when: 'the machine was too busy for a bound that was missed',
        change: tooBusy,
        parameters: { withinMs: 500 },
      },
      { says: 'unknown', when: 'the node announced nothing', change: (d) => silence(d, 'node-a', 0, 30_000) },
      { says: 'unknown', when: 'the fault was disarmed', change: disarm, naming: 'no fault' },
    ],
    { withinMs: 2000 },
  );
});

describe('queued-at-once', () => {
  testTable(
    queuedAtOnce,
    [
      {
        says: 'invalid',
        when: 'the push waited for the network',
        change: (d) => edit(d, (entry) => entry.kind === 'answered' && entry.operation === 60, { atMs: 15_900 }),
        naming: 'took 900 ms',
      },
      {
        says: 'invalid',
        when: 'the push was refused',
        change: (d) =>
          edit(d, (entry) => entry.kind === 'answered' && entry.operation === 60, {
            outcome: 'failed',
            level: undefined,
          }),
        naming: 'push 60 of node-a',
      },
      {
        says: 'invalid',
        when: 'the push was never answered',
        change: (d) => remove(d, (entry) => entry.kind === 'answered' && entry.operation === 60),
        naming: 'no answer',
      },
      {
        says: 'unknown',
        when: 'fewer pushes fell into the fault',
        change: () => {},
        parameters: { withinMs: 100, count: 2 },
        naming: '1 pushes',
      },
      { says: 'unknown', when: 'the fault was disarmed', change: disarm },
    ],
    { withinMs: 100 },
    (d) => pushInside(d),
  );
});

/** The relay looked at, with so many records read from the session of node-a; none: it has no session. */
function sample(atMs: number, records: number | null, session = 's1'): Change {
  const sessions = { 'node-a': records === null ? [] : [{ session, recordsIn: records, recordsOut: 0, pushesIn: 0 }] };
  return (draft) => insert(draft, atMs, witness('relay', { sessions }));
}

function all(...changes: readonly Change[]): Change {
  return (draft) => {
    for (const change of changes) change(draft);
  };
}

const withoutLast: Change = (draft) =>
  remove(draft, (entry) => entry.kind === 'witness' && entry.name === 'relay' && entry.atMs > 12_000);

describe('records-flat', () => {
  testTable(
    recordsFlat,
    [
      {
        says: 'invalid',
        when: 'a record came in between',
        change: sample(15_000, 11),
        parameters: { node: 'node-a', forMs: 5000 },
        naming: 'for 4000 ms, expected 5000',
      },
      {
        says: 'invalid',
        when: 'a new session came in between',
        change: all(withoutLast, sample(14_500, 3, 's2'), sample(19_000, 3, 's2')),
        naming: 'for 4500 ms, expected 5000',
      },
      {
        says: 'valid',
        when: 'the session was given up in between',
        change: all(withoutLast, sample(15_000, null), sample(19_000, null)),
      },
      {
        says: 'invalid',
        when: 'it was looked at only once',
        change: withoutLast,
        naming: 'for 0 ms',
      },
      {
        says: 'unknown',
        when: 'nobody looked',
        change: (d) => remove(d, (entry) => entry.kind === 'witness' && entry.name === 'relay'),
      },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm, naming: 'no fault' },
    ],
    { node: ['node-a'], forMs: 5000 },
    all(sample(9_000, 9), sample(11_000, 10), sample(19_000, 10)),
  );
});

describe('stored-only-whole', () => {
  const looked =
    (atMs: number, headCursor: number): Change =>
    (draft) =>
      insert(draft, atMs, witness('relay', { sessions: {}, headCursor }));
  const atRelay =
    (change: Record<string, unknown>): Change =>
    (draft) =>
      Object.assign(draft.collected.captures.find(({ point }) => point === 'relay')!, change);
  testTable(
    storedOnlyWhole,
    [
      {
        says: 'invalid',
        when: 'a cursor was given for nothing',
        change: looked(1032, 2),
        naming: '2 cursors given, 1',
      },
      { says: 'unknown', when: 'a session stayed closed', change: atRelay({ opaqueSessions: 1 }) },
      { says: 'unknown', when: 'nothing was captured', change: atRelay({ records: [] }) },
      {
        says: 'unknown',
        when: 'nobody looked',
        change: (d) => remove(d, (entry) => entry.kind === 'witness' && entry.name === 'relay'),
      },
    ],
    {},
    all(atRelay({ opaqueSessions: 0 }), looked(1000, 0), looked(1032, 1), looked(1040, 2)),
  );
});

describe('session-gone-within', () => {
  testTable(
    sessionGoneWithin,
    [
      {
        says: 'invalid',
        when: 'the relay kept it longer',
        change: sample(12_000, 10),
        parameters: { withinMs: 2500 },
        naming: 'gone 3000 ms after',
      },
      {
        says: 'invalid',
        when: 'the relay never gave it up',
        change: withoutLast,
        naming: 'gone no ms after',
      },
      {
        says: 'unknown',
        when: 'nobody looked',
        change: (d) => remove(d, (entry) => entry.kind === 'witness' && entry.name === 'relay'),
      },
      { says: 'unknown', when: 'the fault was disarmed', change: disarm },
    ],
    { withinMs: 4000 },
    all(sample(11_000, 10), sample(13_000, null)),
  );
});

describe('pushes-unanswered', () => {
  testTable(
    pushesUnanswered,
    [
      {
        says: 'invalid',
        when: 'every push had its acknowledgement',
        change: seenAt('node-a', ...pushing, captured(9_995, 'a', 'down', 11, 150, ['PUSH_ACK'])),
        naming: '0 pushes',
      },
      {
        says: 'valid',
        when: 'only the beginning of a large push had left',
        change: seenAt(
          'node-a',
          ...pushing,
          captured(9_995, 'a', 'down', 11, 150, ['PUSH_ACK']),
          captured(9_997, 'a', 'up', 12, 65_537, []),
        ),
        naming: '1 pushes',
      },
      {
        says: 'invalid',
        when: 'the connection went on after the fault',
        change: seenAt('node-a', ...pushing, captured(25_000, 'a', 'up', 12, 150, ['PRESENCE'])),
        naming: 'outlived',
      },
      {
        says: 'invalid',
        when: 'there was no connection',
        change: seenAt('node-a', ...pushing.slice(4)),
        naming: 'no connection',
      },
      {
        says: 'unknown',
        when: 'the session could not be opened',
        change: seenAt('node-a', ...pushing.map((one) => ({ ...one, messages: null }))),
      },
      { says: 'unknown', when: 'nothing was captured', change: seenAt('node-a') },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm, naming: 'no fault' },
    ],
    { node: 'node-a' },
    seenAt('node-a', ...pushing),
  );
});

describe('connection-reset', () => {
  const reset: Change = (draft) => edit(draft, beginsFault, { name: 'reset', parameters: { link: ['node-a'] } });
  testTable(
    connectionReset,
    [
      { says: 'invalid', when: 'it ended in order', change: ended('node-a', 9_995, false), naming: 'without an RST' },
      { says: 'invalid', when: 'it did not end', change: ended('node-a', null, false), naming: 'without an RST' },
      {
        says: 'invalid',
        when: 'it was reset later',
        change: ended('node-a', 25_000, true),
        naming: 'not of the fault',
      },
      {
        says: 'invalid',
        when: 'it was reset long before',
        change: ended('node-a', 5_000, true),
        naming: 'not of the fault',
      },
      {
        says: 'invalid',
        when: 'there was none',
        change: seenAt('node-a', ...pushing.slice(4)),
        naming: 'no connection',
      },
      {
        says: 'unknown',
        when: 'nothing was captured',
        change: (d) =>
          Object.assign(d.collected.captures.find(({ point }) => point === 'node-a')!, { connections: [] }),
      },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm, naming: 'no link was reset' },
    ],
    {},
    all(reset, seenAt('node-a', ...pushing), ended('node-a', 9_995, true), (d) =>
      insert(d, 9_990, witness('triggered', { trigger: 'passed' }, 0)),
    ),
  );
});

describe('told-of-shutdown', () => {
  const stop: Change = (draft) => edit(draft, beginsFault, { name: 'stop', parameters: { target: 'relay' } });
  const toldCode = (code: number) => [
    ...pushing.slice(0, 4),
    { ...captured(9_995, 'a', 'down', 11, 120, ['ERROR']), errorCodes: [code] },
  ];
  const told = toldCode(errorCodes.RELAY_SHUTTING_DOWN);
  testTable(
    toldOfShutdown,
    [
      {
        says: 'valid',
        when: 'a node was told nothing and its connection ended in order',
        change: all(seenAt('node-a', ...pushing), ended('node-a', 9_995, false)),
        naming: 'node-a ended in order',
      },
      {
        says: 'invalid',
        when: 'a node was told nothing and its connection was reset',
        change: all(seenAt('node-a', ...pushing), ended('node-a', 9_995, true)),
        naming: 'node-a was told nothing: PUSH_ACK last, then an RST',
      },
      {
        says: 'invalid',
        when: 'a node was told another error, and its connection ended in order',
        change: all(seenAt('node-a', ...toldCode(errorCodes.RELAY_OVERLOADED)), ended('node-a', 9_995, false)),
        naming: 'node-a was told ERROR 3000, not 3001',
      },
      { says: 'unknown', when: 'nothing was captured at a node', change: seenAt('node-b'), naming: 'node-b' },
      {
        says: 'valid',
        when: 'nothing was captured at a node that had said goodbye',
        change: all(seenAt('node-a'), (d) => tell(d, 'disconnect', 9_900)),
      },
      { says: 'unknown', when: 'the fault was disarmed', change: disarm, naming: 'not stopped' },
    ],
    {},
    all(stop, ...['node-a', 'node-b'].flatMap((node) => [seenAt(node, ...told), ended(node, 9_996, true)])),
  );
});

/** Pushes of node-b every 100 ms, each acknowledged after so long. */
function paced(fromMs: number, tookMs: number, flow = 'b', count = 6) {
  return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const atMs = fromMs + 1000 * index;
    return [
      captured(atMs, flow, 'up', 10 + index, 1300, ['PUSH']),
      captured(atMs + tookMs, flow, 'down', 10 + index, 150, ['PUSH_ACK']),
    ];
  });
}

describe('latency-within', () => {
  testTable(
    latencyWithin,
    [
      {
        says: 'invalid',
        when: 'acknowledgements were slower',
        change: seenAt('node-b', ...paced(2_000, 10), ...paced(11_000, 90)),
        naming: 'p99 of node-b 90.0 ms in loss, 10.0 ms before, allowed 70.0 ms',
      },
      {
        says: 'invalid',
        when: 'one acknowledgement never came',
        change: seenAt('node-b', ...paced(2_000, 10), ...paced(11_000, 10).slice(0, -1)),
        naming: 'Infinity',
      },
      {
        says: 'unknown',
        when: 'the machine was too busy',
        change: all(seenAt('node-b', ...paced(2_000, 10), ...paced(11_000, 90)), tooBusy),
      },
      {
        says: 'invalid',
        when: 'no busy machine explains it',
        change: all(seenAt('node-b', ...paced(2_000, 10), ...paced(11_000, 9_000)), tooBusy),
        naming: '9000.0 ms in loss',
      },
      {
        says: 'unknown',
        when: 'there were too few pushes before',
        change: seenAt('node-b', ...paced(2_000, 10, 'b', 2), ...paced(11_000, 10)),
        naming: '2 pushes of node-b before',
      },
      { says: 'unknown', when: 'nothing was captured', change: seenAt('node-b') },
      { says: 'unknown', when: 'the fault was disarmed', change: disarm, naming: 'no fault' },
    ],
    { node: 'node-b', times: 2, plusMs: 50 },
    all(seenAt('node-b', ...paced(2_000, 10), ...paced(11_000, 30)), (d) =>
      insert(d, 900, { kind: 'phase', phase: 'loading' }),
    ),
  );
});

const large = new Uint8Array(65_537);

/** The fault kills the relay at 10 s, by the engine’s word. */
const kill: Change = (draft) => {
  edit(draft, beginsFault, { name: 'kill', parameters: { target: 'relay' } });
  const ended = { target: 'relay', status: 'ended', startedAtMs: 0, endedAtMs: faultFromMs, exitCode: 137 };
  insert(draft, faultFromMs, witness('process', ended, 0));
};

/** Records of the push on the connection that is open at the kill, and what comes after. */
function journal(...last: readonly ReturnType<typeof tapped>[]): Change {
  const before = [tapped(9_900, 0, 'up', 5, new Uint8Array(150)), tapped(9_910, 0, 'up', 6, large)];
  return (draft) => {
    draft.collected.tapJournal = [...before, ...last] as Draft['collected']['tapJournal'];
  };
}

const held = { ...tapped(9_920, 0, 'up', 7, large, large.subarray(0, 1000)), action: 'hold' as const };

const released = { ...tapped(10_500, 0, 'up', 7, large, large.subarray(1000)), action: 'release' as const };

describe('struck-inside-push', () => {
  testTable(
    struckInsidePush,
    [
      {
        says: 'invalid',
        when: 'the push had passed whole',
        change: journal(tapped(9_920, 0, 'up', 7, large)),
        naming: 'no push was on its way',
      },
      {
        says: 'invalid',
        when: 'a node was killed and the rest of it passed later',
        change: all(journal(held, released), (d) => edit(d, beginsFault, { parameters: { target: 'node-a' } })),
        naming: 'passed after the kill',
      },
      { says: 'valid', when: 'the rest passed to a relay that was gone', change: journal(held, released) },
      {
        says: 'invalid',
        when: 'what was held is no large record',
        change: journal({ ...tapped(9_920, 0, 'up', 7, new Uint8Array(150), new Uint8Array(50)), action: 'hold' }),
        naming: 'no large push',
      },
      {
        says: 'invalid',
        when: 'nothing had passed by then',
        change: (d) => Object.assign(d.collected, { tapJournal: [] }),
        naming: 'nothing passed',
      },
      {
        says: 'unknown',
        when: 'the engine did not tell the instant',
        change: (d) => remove(d, (entry) => entry.kind === 'witness' && entry.name === 'process'),
      },
      { says: 'unknown', when: 'there was no tap', change: (d) => Object.assign(d.collected, { tapJournal: null }) },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm, naming: 'nothing was killed' },
    ],
    { link: 'node-a', 'of-records-from': 60_000 },
    all(kill, journal(held)),
  );
});

describe('no-split-brain', () => {
  const rows: readonly Row[] = [
    {
      says: 'invalid',
      when: 'an item was acknowledged while cut off',
      change: (d) =>
        insert(d, 16_000, event('node-a', { event: 'acked', atMs: 0, item: 'a5', cursor: 8, sequence: 5 })),
      naming: 'node-a: a5 acked',
    },
    {
      says: 'invalid',
      when: 'an item reached another node all the same',
      change: (d) =>
        insert(
          d,
          16_000,
          event('node-b', { event: 'received', atMs: 0, item: 'a5', cursor: 8, author: 'x', sequence: 5 }),
        ),
      naming: 'node-b: a5 received',
    },
    {
      says: 'invalid',
      when: 'a node learnt of another author',
      change: (d) => insert(d, 16_000, witness('vector', { node: 'node-a', vector: vectorOf(4, 3) })),
      naming: 'another author’s 2 became 3',
    },
    {
      says: 'valid',
      when: 'a node only counted its own',
      change: (d) => insert(d, 16_000, witness('vector', { node: 'node-a', vector: vectorOf(5, 2) })),
    },
    {
      says: 'invalid',
      when: 'two nodes talked past the relay',
      change: (d) => d.collected.captures.find(({ point }) => point === 'node-a')!.peers.push('node-b'),
      naming: 'node-a exchanged packets with node-b',
    },
    {
      says: 'unknown',
      when: 'it is not known whom a node talked to',
      change: (d) => Object.assign(d.collected.captures.find(({ point }) => point === 'node-b')!, { peers: [] }),
      naming: 'whom node-b',
    },
    {
      says: 'unknown',
      when: 'nothing was pushed meanwhile',
      change: (d) => remove(d, (entry) => 'operation' in entry && entry.operation === 60),
      naming: 'nothing was pushed',
    },
    {
      says: 'unknown',
      when: 'no vector was seen before',
      change: (d) => remove(d, (entry) => entry.kind === 'witness' && entry.name === 'vector'),
      naming: 'the vector of node-a',
    },
    {
      says: 'unknown',
      when: 'the link was only slow',
      change: (d) => edit(d, beginsFault, { name: 'latency' }),
      naming: 'no link',
    },
    { says: 'unknown', when: 'the fault was disarmed', change: disarm, naming: 'no link' },
  ];
  testTable(noSplitBrain, rows, {}, (d) => {
    edit(d, beginsFault, { name: 'stall' });
    pushInside(d);
    insert(d, 21_400, event('node-a', { event: 'acked', atMs: 0, item: 'a5', cursor: 8, sequence: 5 }));
    // The one of the seed that the valid record only tells of later.
    remove(d, (entry) => isEvent('acked', 'a3')(entry) && entry.atMs > 20_000);
  });
});
