import { describe } from '@jest/globals';
import type { HistoryEntry } from '../history/history.ts';
import { idleWithin } from './idle-within.ts';
import { killedWhilePending } from './killed-while-pending.ts';
import { legalTransitions } from './legal-transitions.ts';
import { operationsEndWithin } from './operations-end-within.ts';
import { overlappingOperations } from './overlapping-operations.ts';
import {
  beginsFault,
  captured,
  type Draft,
  edit,
  event,
  faultFromMs,
  insert,
  remove,
  state,
} from './record.test-support.ts';
import { resumesUnasked } from './resumes-unasked.ts';
import { testTable } from './table.test-support.ts';

const asks = (operation: number) =>
  ({ kind: 'invoked', operation, node: 'node-a', op: 'pull', part: 'load.pulls[0].pull' }) as const;
const answers = (operation: number) => ({ kind: 'answered', operation, outcome: 'ok' }) as const;
const hearsNothing = (operation: number) =>
  ({ kind: 'answered', operation, outcome: 'unknown', code: 'NO_ANSWER', message: 'no answer' }) as const;
const process = (name: 'killed' | 'started') => ({ kind: 'process', target: 'node-a', event: name }) as const;
const saysState = (entry: HistoryEntry) => entry.kind === 'event' && entry.event.event === 'state';
describe('legal-transitions', () => {
  testTable(legalTransitions, [
    {
      says: 'invalid',
      when: 'a node is connected without a handshake',
      change: (d) => insert(d, 30_000, state('node-a', 'reconnecting', 1), state('node-a', 'connected')),
      naming: 'reconnecting (attempt 1) then connected',
    },
    {
      says: 'invalid',
      when: 'the attempt does not grow with a failure',
      change: (d) =>
        edit(d, (entry) => entry.kind === 'event' && 'attempt' in entry.event && entry.event.attempt === 2, {
          event: { event: 'state', atMs: 0, state: 'reconnecting', attempt: 1 },
        }),
      naming: 'handshaking (attempt 1) then reconnecting (attempt 1)',
    },
    {
      says: 'invalid',
      when: 'a process begins connected',
      change: (d) => insert(d, 30_000, process('killed'), state('node-a', 'connected')),
      naming: 'the start then connected',
    },
    {
      says: 'valid',
      when: 'a new process begins anew, and a connection feels slow',
      change: (d) =>
        insert(
          d,
          30_000,
          process('killed'),
          state('node-a', 'connecting'),
          state('node-a', 'handshaking'),
          state('node-a', 'connected'),
          state('node-a', 'degraded'),
          state('node-a', 'connected'),
        ),
    },
    { says: 'unknown', when: 'no state was announced', change: (d) => remove(d, saysState), naming: 'no state' },
  ]);
});

describe('operations-end-within', () => {
  testTable(
    operationsEndWithin,
    [
      {
        says: 'invalid',
        when: 'an operation took too long',
        change: (d) => {
          insert(d, 1_100, asks(70));
          insert(d, 16_200, answers(70));
        },
        naming: 'pull 70 of node-a: answered after 15100 ms',
      },
      {
        says: 'invalid',
        when: 'an operation was never answered',
        change: (d) => insert(d, 1_100, asks(70)),
        naming: 'pull 70 of node-a: no answer',
      },
      {
        says: 'unknown',
        when: 'the tester stopped waiting before',
        change: (d) => {
          insert(d, 1_100, asks(70));
          insert(d, 6_100, hearsNothing(70));
        },
        naming: 'only 5000 ms',
      },
      {
        says: 'valid',
        when: 'its process was killed meanwhile',
        change: (d) => {
          insert(d, 1_100, asks(70));
          insert(d, 1_900, hearsNothing(70), process('killed'));
        },
        naming: '1 lost their process',
      },
      {
        says: 'invalid',
        when: 'its process was killed long before and started again',
        change: (d) => {
          insert(d, 900, process('killed'));
          insert(d, 1_000, process('started'));
          insert(d, 1_100, asks(70));
        },
        naming: 'no answer',
      },
      {
        says: 'unknown',
        when: 'the load asked for nothing',
        change: (d) => remove(d, (entry) => entry.kind === 'invoked' && entry.part.startsWith('load')),
      },
    ],
    { withinMs: 15_000 },
  );
});

describe('idle-within', () => {
  testTable(
    idleWithin,
    [
      {
        says: 'invalid',
        when: 'the node changed its state later',
        change: (d) => insert(d, 22_500, state('node-a', 'reconnecting', 1), state('node-a', 'connecting', 1)),
        naming: 'in the end',
      },
      {
        says: 'invalid',
        when: 'an item was acknowledged later',
        change: (d) =>
          insert(d, 22_800, event('node-a', { event: 'acked', atMs: 0, item: 'a3', cursor: 5, sequence: 3 })),
        naming: 'idle 21791 ms after',
      },
      {
        says: 'valid',
        when: 'the connection feels slow for a while',
        change: (d) => insert(d, 22_800, state('node-a', 'degraded')),
      },
      {
        says: 'valid',
        when: 'the process was started again later',
        change: (d) => {
          insert(d, 21_700, process('killed'), process('started'));
          insert(
            d,
            22_800,
            state('node-a', 'connecting'),
            state('node-a', 'handshaking'),
            state('node-a', 'connected'),
          );
        },
        naming: 'idle 1100 ms',
      },
      {
        says: 'unknown',
        when: 'the trial was broken off',
        change: (d) => remove(d, (entry) => entry.kind === 'phase' && entry.phase === 'collecting'),
      },
    ],
    { node: 'node-a', withinMs: 21_000 },
  );
});

describe('resumes-unasked', () => {
  testTable(
    resumesUnasked,
    [
      {
        says: 'invalid',
        when: 'it was told to connect before it did',
        change: (d) =>
          insert(d, 20_950, { kind: 'invoked', operation: 80, node: 'node-a', op: 'connect', part: 'load[0].connect' }),
        naming: 'did not connect by itself',
      },
      {
        says: 'invalid',
        when: 'nothing was acknowledged',
        change: (d) =>
          remove(d, (entry) => entry.kind === 'event' && entry.event.event === 'acked' && entry.atMs > 21_000),
        naming: 'nothing of node-a was acknowledged',
      },
      {
        says: 'unknown',
        when: 'it was not ended',
        change: (d) => remove(d, ({ kind }) => kind === 'process'),
        naming: 'was not ended',
      },
    ],
    { node: 'node-a' },
    (d) => insert(d, 20_900, process('killed'), process('started')),
  );
});

describe('overlapping-operations', () => {
  testTable(
    overlappingOperations,
    [
      {
        says: 'invalid',
        when: 'each waits for the one before',
        change: (d) => remove(d, (entry) => 'operation' in entry && entry.operation === 71),
        naming: '0 pairs of 2 operations',
      },
      {
        says: 'valid',
        when: 'one was never answered',
        change: (d) => insert(d, 900, { ...asks(72) }),
        naming: '4 pairs of 4',
        parameters: { node: 'node-a', pairs: 4 },
      },
    ],
    { node: 'node-a', pairs: 1 },
    (d) => {
      insert(d, 1_100, asks(70));
      insert(d, 1_150, asks(71));
      insert(d, 1_160, answers(71));
      insert(d, 1_200, answers(70));
    },
  );
});

describe('killed-while-pending', () => {
  const acks = (draft: Draft, ...times: number[]) => {
    const capture = draft.collected.captures.find(({ point }) => point === 'node-a')!;
    capture.records = times.map((atMs, index) => captured(atMs, 'a', 'down', 10 + index, 150, ['PUSH_ACK'])) as never;
  };
  testTable(
    killedWhilePending,
    [
      {
        says: 'invalid',
        when: 'all was acknowledged',
        change: (d) => acks(d, 130, 330, 1_030),
        naming: '3 pushes accepted and 3 acknowledgements',
      },
      {
        says: 'unknown',
        when: 'no acknowledgement was seen',
        change: (d) => acks(d),
        naming: 'no acknowledgement was seen',
      },
      {
        says: 'invalid',
        when: 'the fault was disarmed',
        change: (d) => edit(d, beginsFault, { disarmed: true }),
        naming: 'was not killed',
      },
    ],
    { node: 'node-a' },
    (d) => {
      edit(d, beginsFault, { name: 'kill', parameters: { target: 'node-a' } });
      insert(d, faultFromMs, process('killed'));
      acks(d, 130, 330);
    },
  );
});
