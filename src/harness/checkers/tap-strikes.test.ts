import { describe } from '@jest/globals';
import type { TapRecord } from '../../contract/tap.ts';
import type { HistoryEntry } from '../history/history.ts';
import { dialogueCut } from './dialogue-cut.ts';
import { beginsFault, type Draft, edit, insert, remove, tapped, witness } from './record.test-support.ts';
import { recordCut } from './record-cut.ts';
import { testTable } from './table.test-support.ts';

const disarmed = {
  says: 'invalid' as const,
  when: 'the fault was disarmed',
  change: (d: Draft) => edit(d, beginsFault, { disarmed: true }),
};
const noJournal = {
  says: 'unknown' as const,
  when: 'there is no journal',
  change: (d: Draft) => Object.assign(d.collected, { tapJournal: null }),
};
const neverStruck = {
  says: 'invalid' as const,
  when: 'the tap struck nothing',
  change: (d: Draft) => remove(d, isStrike),
};
const notInJournal = {
  says: 'invalid' as const,
  when: 'the journal knows of no rule that acted',
  change: (d: Draft) => {
    d.collected.tapJournal = d.collected.tapJournal!.filter((entry) => !('rule' in entry));
  },
};

const bytes = 33_000;
const record = (length: number) => new Uint8Array(length);

const isStrike = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'tap-strike';

/** Turns the record's fault into another, and says which records it struck and no other. */
function struck(d: Draft, name: string, parameters: object, ...entries: readonly TapRecord[]): void {
  remove(d, isStrike);
  d.collected.tapJournal = d.collected.tapJournal!.filter((entry) => !('rule' in entry));
  edit(d, beginsFault, { name, parameters: { link: 'node-a', ...parameters } });
  for (const entry of entries) {
    d.collected.tapJournal!.push({ ...entry, rule: 1 });
    const { link, connection, direction, record: number } = entry;
    insert(d, entry.atMs, witness('tap-strike', { link, connection, direction, record: number }, 0));
  }
}

const cutAfter = (passed: number, length = bytes): TapRecord => ({
  ...tapped(12_000, 1, 'up', 7, record(length), record(passed)),
  action: passed === length ? 'close-after' : 'cut',
});
const cutAt =
  (at: string | number, passed: number, length = bytes) =>
  (d: Draft) =>
    struck(d, 'cut-in-record', { direction: 'up', nth: 6, 'min-bytes': 32_768, at }, cutAfter(passed, length));

describe('record-cut', () => {
  testTable(
    recordCut,
    [
      { says: 'valid', when: 'nothing was to pass and nothing did', change: cutAt('before', 0), naming: '0 of 33000' },
      { says: 'invalid', when: 'nothing was to pass and a byte did', change: cutAt('before', 1), naming: '(before)' },
      { says: 'valid', when: 'a part was to pass, and the first byte did', change: cutAt('inside', 1) },
      { says: 'valid', when: 'a part was to pass, and all but the last byte did', change: cutAt('inside', bytes - 1) },
      { says: 'invalid', when: 'a part was to pass and nothing did', change: cutAt('inside', 0), naming: '(inside)' },
      { says: 'invalid', when: 'a part was to pass and all did', change: cutAt('inside', bytes), naming: '(inside)' },
      { says: 'valid', when: 'all was to pass and did', change: cutAt('after', bytes) },
      { says: 'invalid', when: 'all was to pass and a part did', change: cutAt('after', bytes - 1), naming: '(after)' },
      { says: 'valid', when: 'the byte was given', change: cutAt(500, 500) },
      { says: 'invalid', when: 'another byte was given', change: cutAt(500, 501), naming: '(500)' },
      {
        says: 'invalid',
        when: 'the record was a small one',
        change: cutAt('inside', 9, 400),
        naming: 'less than 32768',
      },
      {
        says: 'invalid',
        when: 'more of the connection passed after the cut',
        change: (d) => d.collected.tapJournal!.push(tapped(12_001, 1, 'down', 9, record(9))),
        naming: 'record 9 down of connection 1',
      },
      neverStruck,
      notInJournal,
      noJournal,
      disarmed,
    ],
    {},
    cutAt('inside', 500),
  );

  const mute: TapRecord = { ...tapped(12_000, 1, 'up', 7, record(bytes)), action: 'mute' };
  const drop: TapRecord = { ...tapped(12_002, 1, 'down', 5, record(190), record(0)), action: 'drop', rule: 1 };
  const withheld = (d: Draft) => {
    struck(d, 'withhold-answer', { nth: 6, 'min-bytes': 32_768 }, mute);
    d.collected.tapJournal!.push({ ...drop });
    insert(d, 12_100, witness('answer-withheld', { stored: true, answersSwallowed: 1 }, 0));
  };
  const isWitness = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'answer-withheld';
  const inJournal = (d: Draft, action: TapRecord['action']) =>
    d.collected.tapJournal!.find((entry) => entry.action === action) as TapRecord & { bytesAfter: number };
  testTable(
    recordCut,
    [
      {
        says: 'invalid',
        when: 'the push did not pass whole',
        change: (d) => {
          inJournal(d, 'mute').bytesAfter = bytes - 1;
        },
        naming: 'no whole push passed',
      },
      {
        says: 'invalid',
        when: 'an answer reached the node',
        change: (d) => {
          inJournal(d, 'drop').bytesAfter = 190;
        },
        naming: 'answered all the same',
      },
      {
        says: 'invalid',
        when: 'the relay answered nothing',
        change: (d) => {
          d.collected.tapJournal = d.collected.tapJournal!.filter(({ action }) => action !== 'drop');
        },
        naming: 'no answer that could be withheld',
      },
      {
        says: 'invalid',
        when: 'the relay had stored nothing',
        change: (d) => edit(d, isWitness, { value: { stored: false, answersSwallowed: 1 } }),
        naming: 'had not stored',
      },
      {
        says: 'unknown',
        when: 'the relay could not say what it stored',
        change: (d) => edit(d, isWitness, { value: { stored: null, answersSwallowed: 1 } }),
      },
      { says: 'unknown', when: 'nobody asked the relay', change: (d) => remove(d, isWitness) },
      neverStruck,
      notInJournal,
      noJournal,
      disarmed,
    ],
    {},
    withheld,
  );
});

describe('dialogue-cut', () => {
  const whole = (connection: number, direction: 'up' | 'down', number: number): TapRecord => ({
    ...tapped(12_000 + connection, connection, direction, number, record(180)),
    action: 'close-after',
  });
  const part = (connection: number, direction: 'up' | 'down', number: number, passed = 60): TapRecord => ({
    ...tapped(12_000 + connection, connection, direction, number, record(180), record(passed)),
    action: 'cut',
  });
  const cut =
    (at: string | object, times: number, ...entries: readonly TapRecord[]) =>
    (d: Draft) => {
      d.collected.tapJournal = d.collected.tapJournal!.filter(({ connection }) => connection === 0);
      struck(d, 'cut-reconcile', { at, times }, ...entries);
    };
  const place = { direction: 'down', of: 180, bytes: 60 };
  const twice = cut('in-first-pull', 2, part(1, 'up', 3), part(2, 'up', 3));
  testTable(
    dialogueCut,
    [
      { says: 'valid', when: 'it ended after HELLO', change: cut('after-hello', 1, whole(1, 'up', 2)) },
      { says: 'valid', when: 'it ended after WELCOME', change: cut('after-welcome', 1, whole(1, 'down', 2)) },
      {
        says: 'valid',
        when: 'it ended in the first response, after some notices',
        change: cut('in-first-pull-response', 1, part(1, 'down', 33)),
        naming: '60 of 180 bytes of record 33 down',
      },
      {
        says: 'invalid',
        when: 'it ended once instead of twice',
        change: cut('in-first-pull', 2, part(1, 'up', 3)),
        naming: '1 of 2 connections',
      },
      {
        says: 'invalid',
        when: 'it ended after another record',
        change: cut('after-hello', 1, whole(1, 'down', 2)),
        naming: '0 of 1 connections',
      },
      {
        says: 'invalid',
        when: 'HELLO passed in part only',
        change: cut('after-hello', 1, part(1, 'up', 2)),
      },
      {
        says: 'invalid',
        when: 'the PULL passed whole',
        change: cut('in-first-pull', 1, part(1, 'up', 3, 180)),
      },
      {
        says: 'invalid',
        when: 'it was too large for a PULL',
        change: cut('in-first-pull', 1, { ...part(1, 'up', 3), bytesBefore: 247 }),
        naming: '0 of 1 connections',
      },
      {
        says: 'valid',
        when: 'it ended at the byte',
        change: cut({ ...place, orMore: false }, 1, part(1, 'down', 4)),
        naming: '1 of 1 connections cut after 60 bytes of 180 down',
      },
      {
        says: 'valid',
        when: 'it ended at the byte of a record that is larger, as it may be',
        change: cut({ ...place, orMore: true }, 1, { ...part(1, 'down', 4), bytesBefore: 400 }),
      },
      {
        says: 'invalid',
        when: 'it ended at the byte of another record',
        change: cut({ ...place, orMore: false }, 1, { ...part(1, 'down', 4), bytesBefore: 400 }),
      },
      {
        says: 'invalid',
        when: 'it ended at another byte',
        change: cut({ ...place, orMore: false }, 1, part(1, 'down', 4, 61)),
      },
      {
        says: 'invalid',
        when: 'it ended at the byte of the other direction',
        change: cut({ ...place, orMore: false }, 1, part(1, 'up', 4)),
      },
      {
        says: 'invalid',
        when: 'nothing of the PULL passed',
        change: cut('in-first-pull', 1, part(1, 'up', 3, 0)),
      },
      {
        says: 'invalid',
        when: 'a connection between the two came further',
        change: (d) => {
          cut('in-first-pull', 2, part(1, 'up', 3), part(3, 'up', 3))(d);
          d.collected.tapJournal!.push(tapped(12_002, 2, 'up', 2, record(213)));
        },
        naming: 'connection 2 of node-a',
      },
      {
        says: 'valid',
        when: 'a connection between the two failed in its handshake',
        change: (d) => {
          cut('in-first-pull', 2, part(1, 'up', 3), part(3, 'up', 3))(d);
          d.collected.tapJournal!.push(tapped(12_002, 2, 'up', 0, record(1218)));
        },
      },
      {
        says: 'invalid',
        when: 'more of a connection passed after the cut',
        change: (d) => d.collected.tapJournal!.push(tapped(12_009, 2, 'down', 9, record(9))),
        naming: 'record 9 down of connection 2',
      },
      neverStruck,
      notInJournal,
      noJournal,
      disarmed,
    ],
    {},
    twice,
  );
});
