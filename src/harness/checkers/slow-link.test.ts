import { describe } from '@jest/globals';
import { inRecords } from './in-records.ts';
import { progressEvery } from './progress-every.ts';
import { beginsFault, captured, type Draft, edit, insert } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

type Seen = ReturnType<typeof captured>;

function seenAt(draft: Draft, point: string, records: readonly Seen[]): void {
  draft.collected.captures.find((capture) => capture.point === point)!.records = records as never;
}

/** Node-a's bandwidth is limited from 10 s to 20 s; a push comes up in five parts, the relay tells of it every 2 s. */
function slowPush(draft: Draft, { told = [12_000, 14_000, 16_000], part = 65_537 } = {}): void {
  edit(draft, beginsFault, { name: 'bandwidth', parameters: { link: ['node-a'], direction: ['up'], rate: 40_000 } });
  const up = [11_000, 12_500, 14_000, 15_500].map((atMs, index) => ({
    ...captured(atMs, 'a', 'up', index, part, []),
    lastMs: atMs + 1400,
  }));
  const seen = [
    ...up,
    captured(17_000, 'a', 'up', 4, 300, ['PUSH']),
    captured(17_100, 'a', 'up', 5, 1300, ['PUSH']),
    ...told.map((atMs, index) => captured(atMs, 'a', 'down', index, 80, ['PROGRESS'])),
  ];
  seenAt(draft, 'relay', seen);
  seenAt(draft, 'node-a', seen);
}

describe('in-records', () => {
  testTable(
    inRecords,
    [
      { says: 'invalid', when: 'it came in fewer', change: () => {}, parameters: { link: 'node-a', min: 6 } },
      {
        says: 'invalid',
        when: 'a record was too large',
        change: (d) => slowPush(d, { part: 70_000 }),
        naming: '70000',
      },
      { says: 'invalid', when: 'the fault was off', change: (d) => edit(d, beginsFault, { disarmed: true }) },
      { says: 'unknown', when: 'nothing was captured', change: (d) => seenAt(d, 'relay', []) },
    ],
    { link: 'node-a', min: 5 },
    slowPush,
  );
});

describe('progress-every', () => {
  testTable(
    progressEvery,
    [
      {
        says: 'invalid',
        when: 'the relay said nothing for long',
        change: (d) => slowPush(d, { told: [12_000] }),
        naming: '1 messages of progress',
      },
      { says: 'invalid', when: 'the relay said nothing at all', change: (d) => slowPush(d, { told: [] }) },
      {
        says: 'unknown',
        when: 'the machine was too busy',
        change: (d) => {
          slowPush(d, { told: [] });
          insert(d, 14_000, { kind: 'lag', timerLagMs: 4_000 });
        },
      },
      { says: 'unknown', when: 'no large message came', change: (d) => slowPush(d, { part: 1000 }) },
    ],
    { link: 'node-a', bytesMin: 16_384, everyMs: 3000 },
    slowPush,
  );
});
