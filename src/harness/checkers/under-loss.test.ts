import { describe } from '@jest/globals';
import { begunInsideFault } from './begun-inside-fault.ts';
import { endsOkOrRetryable } from './ends-ok-or-retryable.ts';
import { packetsDropped } from './packets-dropped.ts';
import {
  beginsFault,
  type Draft,
  edit,
  faultFromMs,
  insert,
  lossOf,
  remove,
  state,
  witness,
} from './record.test-support.ts';
import { retransmissions } from './retransmissions.ts';
import { statusNeverTerminal } from './status-never-terminal.ts';
import { testTable } from './table.test-support.ts';

/** A push of the load, begun inside the fault. */
function push(draft: Draft, answer: Record<string, unknown> | null, tookMs = 10): void {
  insert(draft, 13_000, {
    kind: 'invoked',
    operation: 60,
    node: 'node-a',
    op: 'push',
    part: 'load[1].push',
    digest: 'd',
    bytes: 9,
  });
  if (answer !== null)
    insert(draft, 13_000 + tookMs, { kind: 'answered', operation: 60, outcome: 'ok', item: 'p', ...answer });
}

function sawOutbox(draft: Draft, present: boolean): void {
  insert(draft, 13_100, witness('outbox-after-retryable', { node: 'node-a', item: 'p', present }));
}

const isLoss = (entry: { kind: string; name?: string }) => entry.kind === 'witness' && entry.name === 'loss';

function disarm(draft: Draft): void {
  edit(draft, beginsFault, { disarmed: true });
}

describe('ends-ok-or-retryable', () => {
  testTable(
    endsOkOrRetryable,
    [
      {
        says: 'invalid',
        when: 'a push never ended',
        change: (d) => push(d, null),
        naming: 'push 60 of node-a: no answer',
      },
      {
        says: 'invalid',
        when: 'an outcome is unknown',
        change: (d) => push(d, { outcome: 'unknown', code: 'TIMED_OUT' }),
        naming: 'TIMED_OUT',
      },
      {
        says: 'invalid',
        when: 'an error is not retryable',
        change: (d) => push(d, { outcome: 'failed', code: 'DEAD' }),
        naming: 'DEAD',
      },
      {
        says: 'valid',
        when: 'it ended retryable with the item in the outbox',
        change: (d) => {
          push(d, { retryable: true });
          sawOutbox(d, true);
        },
        naming: '1 retryable',
      },
      {
        says: 'invalid',
        when: 'it ended retryable and the item had left the outbox',
        change: (d) => {
          push(d, { retryable: true });
          sawOutbox(d, false);
        },
        naming: 'p of node-a ended retryable',
      },
      {
        says: 'unknown',
        when: 'nobody looked into the outbox',
        change: (d) => push(d, { retryable: true }),
        naming: 'nobody looked',
      },
      { says: 'invalid', when: 'it took too long', change: (d) => push(d, {}, 31_500), naming: 'took 31500 ms' },
      {
        says: 'unknown',
        when: 'it took too long on a machine that was too busy',
        change: (d) => {
          push(d, {}, 31_500);
          insert(d, 14_000, { kind: 'lag', timerLagMs: 5_000 });
        },
        naming: 'too busy',
      },
      {
        says: 'unknown',
        when: 'the load held no push',
        change: (d) => remove(d, (entry) => entry.kind === 'invoked' && entry.part.startsWith('load')),
      },
    ],
    { withinMs: 30_000 },
  );
});

describe('status-never-terminal', () => {
  testTable(statusNeverTerminal, [
    {
      says: 'invalid',
      when: 'a node stopped',
      change: (d) => insert(d, 15_000, state('node-b', 'stopped')),
      naming: 'node-b became stopped',
    },
    {
      says: 'invalid',
      when: 'a node gave up',
      change: (d) => insert(d, 15_000, state('node-b', 'disconnected')),
      naming: 'became disconnected',
    },
    {
      says: 'valid',
      when: 'a node was told to disconnect',
      change: (d) =>
        insert(
          d,
          15_000,
          { kind: 'invoked', operation: 61, node: 'node-b', op: 'disconnect', part: 'load' },
          state('node-b', 'disconnected'),
        ),
    },
    {
      says: 'unknown',
      when: 'a node announced nothing',
      change: (d) => remove(d, (entry) => entry.kind === 'event' && entry.node === 'node-b'),
    },
    {
      says: 'unknown',
      when: 'no node was ever connected',
      change: (d) =>
        remove(
          d,
          (entry) => entry.kind === 'event' && entry.event.event === 'state' && entry.event.state === 'connected',
        ),
    },
  ]);
});

describe('packets-dropped', () => {
  testTable(
    packetsDropped,
    [
      {
        says: 'invalid',
        when: 'fewer were dropped',
        change: (d) => edit(d, isLoss, { value: lossOf(400, 49, 40) }),
        naming: '49 of 400',
      },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm, naming: 'no fault was on' },
      { says: 'invalid', when: 'there was no fault', change: (d) => remove(d, beginsFault) },
      { says: 'unknown', when: 'nobody read the counters', change: (d) => remove(d, isLoss) },
      { says: 'unknown', when: 'the counters belong to no fault', change: (d) => edit(d, isLoss, { fault: 7 }) },
      { says: 'valid', when: 'all went up', change: () => {}, parameters: { min: 50, direction: 'up' } },
      {
        says: 'invalid',
        when: 'none went down',
        change: () => {},
        parameters: { min: 50, direction: 'down' },
        naming: '0 of them on the way down',
      },
      {
        says: 'invalid',
        when: 'one was dropped the other way',
        change: (d) => edit(d, isLoss, { value: { ...lossOf(500, 100, 60), droppedUp: 99, droppedDown: 1 } }),
        parameters: { min: 50, direction: 'up' },
        naming: '1 of them on the way down',
      },
    ],
    { min: 50 },
  );
});

describe('packets-dropped per minute', () => {
  const minutes = (...counts: readonly number[]) =>
    counts.map((packetsDropped, index) => ({ fromMs: index, untilMs: index + 1, packetsDropped }));
  const counted = (draft: Draft, ...counts: readonly number[]) =>
    edit(draft, isLoss, { value: { ...lossOf(500, 100, 60), minutes: minutes(...counts) } });
  testTable(
    packetsDropped,
    [
      { says: 'invalid', when: 'in one minute fewer were', change: (d) => counted(d, 51, 49), naming: '51, 49, exp' },
      { says: 'unknown', when: 'one minute was not read', change: (d) => counted(d, 99), naming: '1 of 2 minutes' },
      { says: 'unknown', when: 'no minute was read', change: (d) => edit(d, isLoss, { value: lossOf(500, 100, 60) }) },
      { says: 'unknown', when: 'nobody read the counters', change: (d) => remove(d, isLoss) },
      {
        says: 'invalid',
        when: 'the loss came in blackouts',
        change: (d) => {
          edit(d, beginsFault, { name: 'blackouts' });
          edit(d, isLoss, { name: 'blackouts', value: { ...lossOf(500, 100, 60), spells: [] } });
        },
        naming: 'no loss was on that is counted by the minute',
      },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm, naming: 'no fault was on' },
    ],
    { min: 50, perMinute: true },
    (d) => {
      remove(d, (entry) => entry.kind === 'healed');
      insert(d, faultFromMs + 121_000, { kind: 'healed', fault: 0 });
      counted(d, 50, 50);
    },
  );
});

describe('retransmissions', () => {
  testTable(
    retransmissions,
    [
      {
        says: 'invalid',
        when: 'too little was sent again',
        change: (d) => edit(d, isLoss, { value: lossOf(400, 100, 24) }),
        naming: '24 segments',
      },
      {
        says: 'invalid',
        when: 'nothing was dropped',
        change: (d) => edit(d, isLoss, { value: lossOf(400, 0, 0) }),
      },
      {
        says: 'invalid',
        when: 'fewer segments were sent again than asked for',
        change: () => {},
        parameters: { min: 61 },
        naming: 'expected at least 61',
      },
      { says: 'valid', when: 'so many were', change: () => {}, parameters: { min: 60 } },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm },
      { says: 'unknown', when: 'nobody read the counters', change: (d) => remove(d, isLoss) },
    ],
    { share: 0.25 },
  );
});

describe('begun-inside-fault', () => {
  const withPush = (d: Draft) => push(d, {});
  testTable(begunInsideFault, [
    {
      says: 'valid',
      when: 'both began inside',
      change: withPush,
      parameters: { pushes: 1, handshakes: 1 },
      naming: '1 handshakes begun inside',
    },
  ]);
  testTable(
    begunInsideFault,
    [
      {
        says: 'invalid',
        when: 'too few pushes began inside',
        change: () => {},
        parameters: { pushes: 1 },
        naming: '0 pushes begun inside',
      },
      {
        says: 'invalid',
        when: 'too few handshakes began inside',
        change: () => {},
        parameters: { handshakes: 2 },
        naming: '1 handshakes begun inside, expected 2',
      },
      { says: 'invalid', when: 'the fault was disarmed', change: disarm },
      {
        says: 'invalid',
        when: 'the fault was healed before',
        change: (d) => edit(d, (entry) => entry.kind === 'healed', { atMs: 10_500 }),
      },
      {
        says: 'unknown',
        when: 'nothing was captured',
        change: (d) => Object.assign(d.collected.captures[0]!, { records: [] }),
      },
      {
        says: 'valid',
        when: 'the heal failed, so the fault lasted to the end',
        change: (d) => edit(d, (entry) => entry.kind === 'healed', { atMs: 10_500, error: 'no answer' }),
      },
    ],
    { handshakes: 1 },
  );
});
