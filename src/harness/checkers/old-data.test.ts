import { describe, expect, test } from '@jest/globals';
import { converges } from './converges.ts';
import { goneFromGap } from './gone-from-gap.ts';
import { headNeverGoesBack } from './head-never-goes-back.ts';
import { lossNamed } from './loss-named.ts';
import { noDataLoss } from './no-data-loss.ts';
import { pulledBytesAtMost } from './pulled-bytes-at-most.ts';
import {
  beginsFault,
  type Change,
  captured,
  type Draft,
  edit,
  event,
  faultToMs,
  insert,
  judged,
  remove,
  told,
  vectorOf,
  witness,
} from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

type Entry = { kind: string; name?: string; event?: unknown };
const isGap = (entry: Entry) => entry.kind === 'event' && (entry.event as { event: string }).event === 'gap';
const isSetBack = (entry: Entry) => entry.kind === 'witness' && entry.name === 'set-back';

function gap(fromCursor: number, toCursor: number) {
  return event('node-b', { event: 'gap', atMs: 0, fromCursor, toCursor });
}

function drop(draft: Draft, item: string): void {
  const store = draft.collected.nodes['node-b']!;
  store.items = store.items!.filter((held) => held.item !== item);
  store.answeredItems = store.answeredItems!.filter((held) => held.item !== item);
}

function expireAtRelay(draft: Draft, item: string): void {
  draft.collected.relay.rows = draft.collected.relay.rows!.filter((row) => row.item !== item);
}

/** node-b came back at cursor 2, when retention had taken a2 (cursor 3) from the relay, and it said so. */
const lostAndNamed: Change = (draft) => {
  edit(draft, beginsFault, { name: 'expire', parameters: { keep: 4 } });
  insert(draft, faultToMs - 100, { kind: 'process', target: 'node-b', event: 'set-back' });
  insert(draft, faultToMs, witness('set-back', { node: 'node-b', cursor: 2 }, 0));
  insert(draft, faultToMs + 1500, gap(3, 3));
  drop(draft, 'a2');
  expireAtRelay(draft, 'a2');
  draft.collected.nodes['node-b']!.vector = vectorOf(1, 3);
};
const disarm: Change = (draft) => edit(draft, beginsFault, { disarmed: true });
const untold: Change = (draft) => remove(draft, isGap);
const elsewhere: Change = (draft) => {
  untold(draft);
  insert(draft, faultToMs + 1500, gap(4, 9));
};
const rowKept: Change = (draft) => {
  const rows = draft.collected.relay.rows!;
  rows.push({ ...rows[0]!, item: 'a2', cursor: 3 });
};
const noRows: Change = (draft) => Object.assign(draft.collected.relay, { rows: null });
const noStore: Change = (draft) => Object.assign(draft.collected.nodes['node-b']!, { items: null });
const lacksAnother: Change = (draft) => drop(draft, 'b2');

describe('loss-named', () => {
  testTable(
    lossNamed,
    [
      { says: 'invalid', when: 'it told nothing', change: untold, naming: 'never spoke of' },
      { says: 'invalid', when: 'it told of other cursors', change: elsewhere, naming: 'a2' },
      { says: 'invalid', when: 'it called gone what the relay still has', change: rowKept, naming: 'still has' },
      { says: 'invalid', when: 'it lacks more', change: lacksAnother, naming: 'lacks 2 items, expected 1' },
      { says: 'invalid', when: 'it lacks fewer', change: () => {}, parameters: { node: 'node-b', count: 2 } },
      { says: 'unknown', when: 'nobody read what the relay has', change: noRows, naming: 'relay.rows' },
      { says: 'unknown', when: 'nobody read its store', change: noStore, naming: 'nodes.node-b.items' },
    ],
    { node: 'node-b', count: 1 },
    lostAndNamed,
  );
});

describe('gone-from-gap', () => {
  testTable(
    goneFromGap,
    [
      { says: 'invalid', when: 'nothing expired', change: disarm, naming: '0 items' },
      { says: 'invalid', when: 'the relay still has it', change: rowKept, naming: 'expected at least 1' },
      {
        says: 'invalid',
        when: 'what is gone is not the oldest',
        change: (d) => edit(d, isSetBack, { value: { node: 'node-b', cursor: 1 } }),
        naming: '0 items from cursor 2 on',
      },
      { says: 'invalid', when: 'it did not say where it came back', change: (d) => remove(d, isSetBack) },
      { says: 'unknown', when: 'nobody read what the relay has', change: noRows, naming: 'relay.rows' },
    ],
    { node: 'node-b', min: 1 },
    lostAndNamed,
  );
});

describe.each([
  { checker: noDataLoss, also: 'a2 is not on node-b' },
  { checker: converges, also: 'only on node-a' },
])('$checker.name lets a node lack what expired and it named', ({ checker, also }) => {
  const rows: readonly [string, Change][] = [
    ['it did not name it', untold],
    ['it named something else', elsewhere],
    ['the relay still has it', rowKept],
    ['nobody knows what the relay has', noRows],
    ['nothing expired', disarm],
  ];
  test('valid', () => {
    expect(judged(checker, lostAndNamed)).toMatchObject({ verdict: 'valid' });
  });

  test.each(rows)('but not when %s', (_when, change) => {
    const finding = judged(checker, (draft) => {
      lostAndNamed(draft);
      change(draft);
    });
    expect(finding.verdict).toBe('invalid');
    expect(told(finding)).toContain(also);
  });

  test('and nothing else', () => {
    const finding = judged(checker, (draft) => {
      lostAndNamed(draft);
      lacksAnother(draft);
    });
    expect(told(finding)).toContain('b2');
  });
});

test.each([
  { vector: vectorOf(4, 3), what: 'counts what it lost' },
  { vector: vectorOf(1, 2), what: 'counts too little of the other author' },
])('converges says invalid when the vector of a node that lost something $what', ({ vector }) => {
  const finding = judged(converges, (draft) => {
    lostAndNamed(draft);
    draft.collected.nodes['node-b']!.vector = vector;
  });
  expect(finding.verdict).toBe('invalid');
});

describe('head-never-goes-back', () => {
  const look = (atMs: number, headCursor: number) => (draft: Draft) =>
    insert(draft, atMs, witness('relay', { sessions: {}, headCursor }));
  const restart = (atMs: number) => (draft: Draft) =>
    insert(draft, atMs, { kind: 'process', target: 'relay', event: 'started' });
  const all =
    (...changes: readonly Change[]): Change =>
    (draft) => {
      for (const change of changes) change(draft);
    };
  const isLook = (entry: Entry) => entry.kind === 'witness' && entry.name === 'relay';
  testTable(
    headNeverGoesBack,
    [
      { says: 'invalid', when: 'it was lower after the restart', change: look(14_000, 4), naming: '4 after 5' },
      { says: 'invalid', when: 'it was lower before it', change: look(12_000, 4), naming: '4 after 5' },
      { says: 'unknown', when: 'nobody looked', change: (d) => remove(d, isLook) },
      { says: 'unknown', when: 'nobody looked after the last start', change: restart(16_000), naming: 'last start' },
    ],
    {},
    all(look(11_000, 5), restart(13_000), look(15_000, 6)),
  );
});

describe('pulled-bytes-at-most', () => {
  const page = (atMs: number, index: number, bytes: number) =>
    captured(atMs, 'b', 'down', index, bytes, ['PULL_RESPONSE']);
  const isLoading = (entry: Entry & { phase?: string }) => entry.kind === 'phase' && entry.phase === 'loading';
  /** node-b comes back at cursor 3 and pulls 3500 bytes, a little more than the three items it lacks; and 9000 before. */
  const comesBack: Change = (draft) => {
    insert(draft, 900, { kind: 'phase', phase: 'loading' });
    edit(draft, beginsFault, { name: 'set-back', parameters: { target: 'node-b' } });
    insert(draft, faultToMs, witness('set-back', { node: 'node-b', cursor: 3 }, 0));
    Object.assign(draft.collected.captures.find(({ point }) => point === 'node-b')!, {
      records: [page(11_000, 10, 9000), page(faultToMs + 100, 20, 2500), page(faultToMs + 200, 21, 1000)],
    });
  };
  const parameters = { node: 'node-b', since: 'set-back', times: 1.1 };
  const records = (draft: Draft) => draft.collected.captures.find(({ point }) => point === 'node-b')!.records;
  testTable(
    pulledBytesAtMost,
    [
      {
        says: 'invalid',
        when: 'it read older items again',
        change: (d) => Object.assign(records(d)[2]!, { bytes: 2000 }),
        naming: 'at most',
      },
      {
        says: 'invalid',
        when: 'it was missing less',
        change: (d) => edit(d, isSetBack, { value: { node: 'node-b', cursor: 4 } }),
      },
      {
        says: 'invalid',
        when: 'all is counted from the start of the load',
        change: () => {},
        parameters: { node: 'node-b', times: 1.1 },
        naming: '12500 bytes',
      },
      { says: 'unknown', when: 'it did not say where it came back', change: (d) => remove(d, isSetBack) },
      {
        says: 'unknown',
        when: 'the load never began',
        change: (d) => remove(d, isLoading),
        parameters: { node: 'node-b', times: 1.1 },
      },
      {
        says: 'unknown',
        when: 'the capture was not opened',
        change: (d) => {
          for (const record of records(d)) Object.assign(record, { messages: null });
        },
        naming: 'not opened',
      },
    ],
    parameters,
    comesBack,
  );
});
