import { describe } from '@jest/globals';
import { barrierSkew } from './barrier-skew.ts';
import { overlappingPushes } from './overlapping-pushes.ts';
import { captured, type Draft, edit, event, insert, remove } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

function releaseSecond(draft: Draft, atMs: number): void {
  edit(draft, (entry) => entry.kind === 'invoked' && entry.operation === 5, { atMs });
}

const isRound = (entry: { kind: string; round?: number }) => entry.kind === 'invoked' && entry.round !== undefined;

describe('barrier-skew', () => {
  testTable(
    barrierSkew,
    [
      { says: 'valid', when: 'the nodes were exactly 10 ms apart', change: (d) => releaseSecond(d, 1010) },
      { says: 'invalid', when: 'they were 11 ms apart', change: (d) => releaseSecond(d, 1011), naming: '11.0 ms' },
      {
        says: 'unknown',
        when: 'they were apart on a machine that was too busy',
        change: (d) => {
          releaseSecond(d, 1011);
          insert(d, 1200, { kind: 'lag', timerLagMs: 12 });
        },
      },
      {
        says: 'invalid',
        when: 'one was asked when the other was acknowledged, however busy the machine',
        change: (d) => {
          const { item } = d.entries.find((entry) => entry.kind === 'answered' && entry.operation === 4) as {
            item: string;
          };
          insert(d, 999, event('node-a', { event: 'acked', atMs: 0, item, cursor: 3, sequence: 3 }));
          insert(d, 1200, { kind: 'lag', timerLagMs: 24 });
        },
        naming: 'waited for another',
      },
      { says: 'invalid', when: 'there was no barrier', change: (d) => remove(d, isRound), naming: '0 barrier rounds' },
      {
        says: 'invalid',
        when: 'only one node pushed',
        change: (d) => remove(d, (entry) => isRound(entry) && 'node' in entry && entry.node === 'node-b'),
      },
      { says: 'invalid', when: 'there were fewer rounds', change: () => {}, parameters: { maxMs: 10, rounds: 2 } },
    ],
    { maxMs: 10 },
  );
});

describe('overlapping-pushes', () => {
  const records = (draft: Draft, ...list: readonly ReturnType<typeof captured>[]) =>
    Object.assign(draft.collected.captures[0]!, { records: list });
  const opened = {
    pushA: captured(1030, 'a', 'up', 10, 1300, ['PUSH']),
    pushB: captured(1040, 'b', 'up', 10, 1300, ['PUSH']),
    ackA: captured(1050, 'a', 'down', 10, 150, ['PUSH_ACK']),
    ackB: captured(1060, 'b', 'down', 10, 150, ['PUSH_ACK']),
  };
  const at = (atMs: number, record: ReturnType<typeof captured>) => ({ ...record, firstMs: atMs, lastMs: atMs });
  const sealed = <Record extends object>(record: Record) => ({ ...record, messages: null });
  testTable(
    overlappingPushes,
    [
      {
        says: 'invalid',
        when: 'the first push was acknowledged before the second came',
        change: (d) => records(d, opened.pushA, at(1035, opened.ackA), opened.pushB, opened.ackB),
        naming: '0 of 1 rounds overlapped',
      },
      {
        says: 'valid',
        when: 'something else came down in between',
        change: (d) =>
          records(
            d,
            opened.pushA,
            captured(1035, 'a', 'down', 9, 90, ['NOTIFY']),
            opened.pushB,
            opened.ackA,
            opened.ackB,
          ),
      },
      {
        says: 'invalid',
        when: 'a record in between could not be opened and might be an acknowledgement',
        change: (d) =>
          records(
            d,
            opened.pushA,
            sealed(captured(1035, 'a', 'down', 9, 90, null)),
            opened.pushB,
            opened.ackA,
            opened.ackB,
          ),
      },
      {
        says: 'valid',
        when: 'nothing was opened and nothing came down in between',
        change: (d) => records(d, sealed(opened.pushA), sealed(opened.pushB), sealed(opened.ackA), sealed(opened.ackB)),
      },
      {
        says: 'valid',
        when: 'a push came in two pieces, as from a system of which the records are not known',
        change: (d) =>
          records(
            d,
            captured(1029, 'a', 'up', 10, 600, null),
            captured(1031, 'a', 'up', 11, 424, null),
            sealed(opened.pushB),
            sealed(opened.ackA),
            sealed(opened.ackB),
          ),
      },
      {
        says: 'invalid',
        when: 'nothing was opened and fewer bytes came up than one push has',
        change: (d) => records(d, captured(1030, 'a', 'up', 10, 1023, null), sealed(opened.pushB), sealed(opened.ackA)),
      },
      {
        says: 'invalid',
        when: 'nothing was opened and anything came down in between',
        change: (d) =>
          records(
            d,
            sealed(opened.pushA),
            captured(1035, 'b', 'down', 9, 90, null),
            sealed(opened.pushB),
            sealed(opened.ackA),
          ),
      },
      {
        says: 'valid',
        when: 'all happened at one instant, the pushes first',
        change: (d) =>
          records(d, at(1030, opened.pushA), at(1030, opened.pushB), at(1030, opened.ackA), at(1030, opened.ackB)),
      },
      {
        says: 'invalid',
        when: 'all happened at one instant, one after the other',
        change: (d) =>
          records(d, at(1030, opened.pushA), at(1030, opened.ackA), at(1030, opened.pushB), at(1030, opened.ackB)),
      },
      { says: 'invalid', when: 'only one push was seen', change: (d) => records(d, opened.pushA, opened.ackA) },
      { says: 'invalid', when: 'no acknowledgement was seen', change: (d) => records(d, opened.pushA, opened.pushB) },
      {
        says: 'invalid',
        when: 'the records belong to another time',
        change: (d) => records(d, ...Object.values(opened).map((record) => at(500, record))),
      },
      {
        says: 'invalid',
        when: 'there was no barrier',
        change: (d) => remove(d, isRound),
        naming: '0 barrier rounds, expected 1',
      },
      { says: 'invalid', when: 'there were fewer rounds', change: () => {}, parameters: { rounds: 1, of: 2 } },
      { says: 'unknown', when: 'nothing was captured', change: (d) => records(d) },
      { says: 'unknown', when: 'the relay was not captured', change: (d) => d.collected.captures.shift() },
    ],
    { rounds: 1, of: 1 },
  );
});
