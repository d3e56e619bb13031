import { describe } from '@jest/globals';
import { acksResumeWithin } from './acks-resume-within.ts';
import { dropShare } from './drop-share.ts';
import { flatInBlackouts } from './flat-in-blackouts.ts';
import { pushesResentAtMost } from './pushes-resent-at-most.ts';
import { reconnectsPerBlackout } from './reconnects-per-blackout.ts';
import { beginsFault, captured, type Draft, edit, insert, lossOf, remove, witness } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

const disarm = (draft: Draft) => edit(draft, beginsFault, { disarmed: true });
const isWitness = (name: string) => (entry: { kind: string; name?: string }) =>
  entry.kind === 'witness' && entry.name === name;
const captureOf = (draft: Draft, point: string) => draft.collected.captures.find((one) => one.point === point)!;

/** The fault of the record is two blackouts: 10 to 12 s and 16 to 18 s. */
function inSpells(packetsDropped = 20) {
  return (draft: Draft) => {
    edit(draft, beginsFault, { name: 'blackouts', parameters: { link: ['node-a'] } });
    remove(draft, isWitness('loss'));
    const spells = [10_000, 16_000].map((fromMs) => ({ fromMs, untilMs: fromMs + 2000, packetsDropped }));
    insert(draft, 19_999, witness('blackouts', { ...lossOf(500, 2 * packetsDropped, 30), spells }, 0));
  };
}

describe('drop-share', () => {
  testTable(
    dropShare,
    [
      { says: 'invalid', when: 'fewer were dropped', change: () => {}, parameters: { from: 0.3, to: 0.5 } },
      {
        says: 'invalid',
        when: 'more were dropped',
        change: () => {},
        parameters: { from: 0.05, to: 0.1 },
        naming: '100 of 500 packets dropped, 20.00 %',
      },
      {
        says: 'invalid',
        when: 'no packet was seen',
        change: (d) => edit(d, isWitness('loss'), { value: lossOf(0, 0, 0) }),
      },
      {
        says: 'invalid',
        when: 'runs were asked for and none was counted',
        change: () => {},
        parameters: { from: 0.1, to: 0.3, runMin: 1 },
      },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm },
      { says: 'unknown', when: 'nobody read the counters', change: (d) => remove(d, isWitness('loss')) },
    ],
    { from: 0.1, to: 0.3 },
  );
  testTable(
    dropShare,
    [
      {
        says: 'invalid',
        when: 'runs were too short',
        change: () => {},
        parameters: { from: 0.1, to: 0.3, runMin: 1.26 },
        naming: '80 runs of drops, 1.25 packets each on average',
      },
    ],
    { from: 0.1, to: 0.3, runMin: 1.25 },
    (d) => edit(d, isWitness('loss'), { value: { ...lossOf(500, 100, 60), runs: 80 } }),
  );
});

describe('flat-in-blackouts', () => {
  const sample = (recordsIn: number) => witness('relay', { recordsIn, sessions: {} });
  const sampled = (draft: Draft) => {
    inSpells()(draft);
    insert(draft, 10_100, sample(4));
    for (const atMs of [10_200, 11_000, 11_900]) insert(draft, atMs, sample(5));
    for (const atMs of [16_100, 17_000, 17_900]) insert(draft, atMs, sample(6));
  };
  testTable(
    flatInBlackouts,
    [
      {
        says: 'invalid',
        when: 'a record came in the middle of the second',
        change: (d) => insert(d, 16_500, sample(9)),
        naming: 'blackout 2',
      },
      {
        says: 'unknown',
        when: 'the machine was too busy to see that it stood still',
        change: (d) => {
          insert(d, 16_500, sample(9));
          insert(d, 19_000, { kind: 'lag', timerLagMs: 400 });
        },
      },
      { says: 'invalid', when: 'nothing was dropped in one', change: inSpells(0) },
      { says: 'invalid', when: 'there were fewer', change: () => {}, parameters: { count: 3, forMs: 1500 } },
      { says: 'unknown', when: 'nobody read the counters', change: (d) => remove(d, isWitness('relay')) },
      { says: 'unknown', when: 'nobody told of them', change: (d) => remove(d, isWitness('blackouts')) },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm, naming: 'no blackout was on' },
    ],
    { count: 2, forMs: 1500 },
    sampled,
  );
});

/** Acknowledgements at the interface of node-a half a second after each blackout, and one new connection after the first. */
function recovered(draft: Draft): void {
  inSpells()(draft);
  captureOf(draft, 'node-a').records = [
    captured(12_100, 'a2', 'up', 0, 1218, null),
    captured(12_500, 'a', 'down', 11, 150, ['PUSH_ACK']),
    captured(18_500, 'a', 'down', 12, 150, ['PUSH_ACK']),
  ] as never;
}

describe('acks-resume-within', () => {
  const without = (draft: Draft, atMs: number) => {
    const capture = captureOf(draft, 'node-a');
    capture.records = capture.records.filter(({ firstMs }) => firstMs !== atMs);
  };
  testTable(
    acksResumeWithin,
    [
      {
        says: 'invalid',
        when: 'the first came late',
        change: (d) => without(d, 12_500),
        naming: 'first acknowledgement 6501 ms after blackout 1',
      },
      {
        says: 'invalid',
        when: 'none came any more',
        change: (d) => without(d, 18_500),
        naming: 'no ms after blackout 2',
      },
      {
        says: 'unknown',
        when: 'it came late on a busy machine',
        change: (d) => {
          without(d, 12_500);
          insert(d, 13_000, { kind: 'lag', timerLagMs: 900 });
        },
      },
      { says: 'unknown', when: 'there was no blackout', change: disarm },
      { says: 'unknown', when: 'nothing was captured', change: (d) => (captureOf(d, 'node-a').records = []) },
    ],
    { withinMs: 6000 },
    recovered,
  );
});

describe('reconnects-per-blackout', () => {
  const again = (draft: Draft, atMs: number) =>
    captureOf(draft, 'node-a').records.push(captured(atMs, `a${atMs}`, 'up', 0, 1218, null) as never);
  testTable(
    reconnectsPerBlackout,
    [
      { says: 'valid', when: 'each made it connect once', change: (d) => again(d, 17_000) },
      {
        says: 'invalid',
        when: 'one made it connect twice',
        change: (d) => again(d, 15_000),
        naming: 'node-a: 2 handshakes after blackout 1',
      },
      { says: 'unknown', when: 'there was no blackout', change: disarm },
      { says: 'unknown', when: 'nothing was captured', change: (d) => (captureOf(d, 'node-a').records = []) },
    ],
    { max: 1 },
    recovered,
  );
});

describe('pushes-resent-at-most', () => {
  /** Each node accepted three items, node-a a tombstone as well; every session was opened. */
  const sent = (draft: Draft, byA: number) => {
    for (const [point, count] of [['node-a', byA] as const, ['node-b', 3] as const]) {
      const capture = captureOf(draft, point);
      capture.opaqueSessions = 0;
      capture.records = Array.from({ length: count }, (_, index) =>
        captured(1000 + index, point, 'up', index, 1300, ['PUSH']),
      ) as never;
    }
  };
  testTable(
    pushesResentAtMost,
    [
      {
        says: 'valid',
        when: 'one of two went out twice',
        change: (d) => sent(d, 5),
        naming: '1 pushes sent again of 2',
      },
      { says: 'invalid', when: 'both went out twice', change: (d) => sent(d, 6), naming: '2 pushes sent again of 2' },
      {
        says: 'unknown',
        when: 'a session was not opened',
        change: (d) => (captureOf(d, 'node-a').opaqueSessions = 1),
      },
      { says: 'unknown', when: 'nothing was captured', change: (d) => (captureOf(d, 'node-a').records = []) },
      {
        says: 'unknown',
        when: 'the load held no push',
        change: (d) => remove(d, (entry) => entry.kind === 'invoked' && entry.part.startsWith('load')),
      },
    ],
    { share: 0.5 },
    (d) => sent(d, 4),
  );
});
