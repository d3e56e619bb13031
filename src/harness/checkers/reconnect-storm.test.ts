import { describe } from '@jest/globals';
import type { CapturedConnection } from '../history/collected.ts';
import type { RelaySample } from '../history/relay-sample.ts';
import { acceptsWithin } from './accepts-within.ts';
import { attemptsSpread } from './attempts-spread.ts';
import { attemptsWhileDown } from './attempts-while-down.ts';
import { nothingLeaked } from './nothing-leaked.ts';
import { beginsFault, type Draft, edit, insert, remove, witness } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

const isLook = (entry: { kind: string; name?: string }) => entry.kind === 'witness' && entry.name === 'relay';

/** A look at the relay. */
function look(sessionCount: number, openDescriptors: number, pendingHandshakes = 0) {
  const value: Partial<RelaySample> = { sessions: {}, sessionCount, openDescriptors, pendingHandshakes };
  return witness('relay', value);
}

describe('nothing-leaked', () => {
  const looksAfter = (draft: Draft, ...said: Parameters<typeof look>) =>
    edit(draft, (entry) => isLook(entry) && entry.atMs > 2_000, look(...said));
  testTable(
    nothingLeaked,
    [
      {
        says: 'invalid',
        when: 'a session is left',
        change: (d) => looksAfter(d, 3, 22),
        naming: '3 sessions and 22 descriptors after the load, 2 and 22 before',
      },
      { says: 'invalid', when: 'three descriptors are left', change: (d) => looksAfter(d, 2, 25), naming: '25' },
      { says: 'invalid', when: 'a handshake is left', change: (d) => looksAfter(d, 2, 22, 1), naming: 'not back' },
      { says: 'valid', when: 'two descriptors are left', change: (d) => looksAfter(d, 2, 24), naming: '24' },
      {
        says: 'invalid',
        when: 'it took too long',
        change: (d) => {
          edit(d, (entry) => isLook(entry) && entry.atMs === 2_500, look(3, 23));
          edit(d, (entry) => isLook(entry) && entry.atMs === 5_000, look(3, 23));
        },
        naming: 'not back to what was before in 5000 ms',
      },
      {
        says: 'unknown',
        when: 'it was looked at too shortly',
        change: (d) => {
          looksAfter(d, 3, 23);
          remove(d, (entry) => isLook(entry) && entry.atMs > 4_000);
        },
        naming: 'not looked at for long enough',
      },
      { says: 'unknown', when: 'nobody looked', change: (d) => remove(d, isLook), naming: 'nobody looked' },
    ],
    { descriptors: 2, withinMs: 5_000 },
    (d) => {
      insert(d, 900, look(2, 22));
      for (const atMs of [2_500, 5_000, 7_000]) insert(d, atMs, look(2, 22));
    },
  );
});

const opened = (...times: number[]): CapturedConnection[] =>
  times.map((openedMs, index) => ({ flow: `f${index}`, openedMs, endedMs: null, wasReset: false }));
const at = (draft: Draft, point: string, ...times: number[]) => {
  draft.collected.captures.find((capture) => capture.point === point)!.connections = opened(...times);
};

describe('accepts-within, at the relay', () => {
  testTable(
    acceptsWithin,
    [
      {
        says: 'invalid',
        when: 'they took longer',
        change: (d) => at(d, 'relay', 1_000, 3_000, 5_100),
        naming: '3 connections of all nodes accepted',
      },
      {
        says: 'unknown',
        when: 'they took longer, and each may have been late by the tester’s timers',
        change: (d) => {
          at(d, 'relay', 1_000, 3_000, 5_100);
          edit(d, ({ kind }) => kind === 'lag', { timerLagMs: 140 });
        },
        naming: 'machine too busy',
      },
      {
        says: 'invalid',
        when: 'there were fewer',
        change: (d) => at(d, 'relay', 1_000, 2_000),
        naming: '2 connections',
      },
      {
        says: 'unknown',
        when: 'none was captured',
        change: (d) => at(d, 'relay'),
        naming: 'no connection was captured',
      },
    ],
    { count: 3, withinMs: 4_000 },
    (d) => at(d, 'relay', 1_000, 3_000, 4_900),
  );
});

const killed = (draft: Draft) => {
  edit(draft, beginsFault, { name: 'kill', parameters: { target: 'relay' } });
  at(draft, 'node-a', 11_000, 14_000);
  at(draft, 'node-b', 13_600, 17_000);
};
const disarmed = (draft: Draft) => edit(draft, beginsFault, { disarmed: true });

describe('attempts-while-down', () => {
  testTable(
    attemptsWhileDown,
    [
      {
        says: 'invalid',
        when: 'a node tried once',
        change: (d) => at(d, 'node-b', 13_600, 21_000),
        naming: 'node-b tried 1 times',
      },
      { says: 'invalid', when: 'the fault was disarmed', change: disarmed, naming: 'was not killed' },
      { says: 'unknown', when: 'a node was not captured', change: (d) => at(d, 'node-b'), naming: 'not captured' },
    ],
    { perNode: 2 },
    killed,
  );
});

describe('attempts-spread', () => {
  testTable(
    attemptsSpread,
    [
      {
        says: 'invalid',
        when: 'they came back together',
        change: (d) => at(d, 'node-b', 11_300, 17_000),
        naming: 'over 300 ms, at most 2 in a second',
      },
      {
        says: 'invalid',
        when: 'a node tried too often',
        change: (d) => at(d, 'node-a', 11_000, 11_500, 12_000, 12_500),
        naming: 'node-a tried 4 times',
      },
      { says: 'unknown', when: 'a node was not captured', change: (d) => at(d, 'node-b'), naming: 'not captured' },
      { says: 'unknown', when: 'the fault was disarmed', change: disarmed, naming: 'was not killed' },
    ],
    { spanMs: 2_500, perSecond: 1, perNode: 3 },
    killed,
  );
});
