import { describe } from '@jest/globals';
import { isTapRecord } from '../../contract/tap.ts';
import type { HistoryEntry } from '../history/history.ts';
import { bytesForwarded } from './bytes-forwarded.ts';
import { initiatorFailures } from './initiator-failures.ts';
import { oneBitDiffers } from './one-bit-differs.ts';
import {
  beginsFault,
  type Draft,
  edit,
  handshakeRecord,
  insert,
  remove,
  tapped,
  witness,
} from './record.test-support.ts';
import { recordAbsent } from './record-absent.ts';
import { testTable } from './table.test-support.ts';

const disarmed = {
  says: 'invalid' as const,
  when: 'the fault was disarmed',
  change: (d: Draft) => edit(d, beginsFault, { disarmed: true }),
  naming: 'no fault was on any link',
};
const noJournal = {
  says: 'unknown' as const,
  when: 'there is no journal',
  change: (d: Draft) => Object.assign(d.collected, { tapJournal: null }),
};
const noConnection = {
  says: 'invalid' as const,
  when: 'no connection began while the fault was on',
  change: (d: Draft) => {
    d.collected.tapJournal = d.collected.tapJournal!.filter(({ connection }) => connection !== 1);
  },
};

describe('bytes-forwarded', () => {
  testTable(
    bytesForwarded,
    [
      {
        says: 'valid',
        when: 'the bytes are given as a number',
        change: () => {},
        parameters: { direction: 'up', bytes: 1229 },
        naming: 'exactly 1229 bytes up',
      },
      {
        says: 'invalid',
        when: 'one byte fewer passed',
        change: () => {},
        parameters: { direction: 'up', bytes: 1230 },
        naming: '1229 bytes up',
      },
      {
        says: 'invalid',
        when: 'more followed',
        change: (d) => d.collected.tapJournal!.push(tapped(11_200, 1, 'up', 1, handshakeRecord('m3', 1))),
        naming: '3599 bytes up',
      },
      {
        says: 'invalid',
        when: 'the fault was told to let other bytes pass',
        change: (d) => edit(d, beginsFault, { parameters: { link: 'node-a', at: 1228 } }),
        parameters: { link: 'node-a', direction: 'up' },
        naming: 'other than 1228 bytes up',
      },
      {
        says: 'valid',
        when: 'no byte passed on a connection that opened, as the fault was told',
        change: (d) => {
          edit(d, beginsFault, { parameters: { link: 'node-a', at: 0 } });
          d.collected.tapJournal = d.collected.tapJournal!.filter(
            ({ connection, action }) => connection !== 1 || action === 'open',
          );
        },
        parameters: { link: 'node-a', direction: 'up' },
        naming: 'exactly 0 bytes up',
      },
      {
        says: 'invalid',
        when: 'a part of the preamble is missing',
        change: (d) => {
          d.collected.tapJournal = d.collected.tapJournal!.filter(
            ({ connection, action }) => connection !== 1 || action !== 'preamble',
          );
        },
        naming: '1218 bytes up',
      },
      {
        says: 'unknown',
        when: 'neither the check nor the fault names a number',
        change: (d) => edit(d, beginsFault, { parameters: { link: 'node-a' } }),
        parameters: { link: 'node-a', direction: 'up' },
      },
      {
        says: 'invalid',
        when: 'the link is not the one disturbed',
        change: () => {},
        parameters: { link: 'node-b', direction: 'up', bytes: 'end-of-m1' },
      },
      noConnection,
      noJournal,
      disarmed,
    ],
    { link: 'node-a', direction: 'up', bytes: 'end-of-m1' },
  );
});

describe('record-absent', () => {
  testTable(
    recordAbsent,
    [
      {
        says: 'invalid',
        when: 'it passed',
        change: (d) => d.collected.tapJournal!.push(tapped(11_200, 1, 'up', 1, handshakeRecord('m3', 1))),
        naming: 'record 1 up passed',
      },
      {
        says: 'invalid',
        when: 'a part of it passed',
        change: (d) =>
          d.collected.tapJournal!.push(tapped(11_200, 1, 'up', 1, handshakeRecord('m3', 1), Uint8Array.of(9))),
        naming: 'with 1 bytes',
      },
      {
        says: 'valid',
        when: 'it was sent and nothing of it passed on',
        change: (d) =>
          d.collected.tapJournal!.push(tapped(11_200, 1, 'up', 1, handshakeRecord('m3', 1), new Uint8Array(0))),
      },
      {
        says: 'invalid',
        when: 'it is a number that passed',
        change: () => {},
        parameters: { record: 0, direction: 'down' },
      },
      noConnection,
      noJournal,
      disarmed,
    ],
    { record: 'm3' },
  );
});

describe('one-bit-differs', () => {
  const flip = (draft: Draft, ...bytes: readonly number[]) => {
    const entry = draft.collected
      .tapJournal!.filter(isTapRecord)
      .find(({ connection, direction }) => connection === 1 && direction === 'down')!;
    const raw = Buffer.from(entry.rawBefore!, 'base64');
    for (const byte of bytes) raw[2 + byte]! ^= 1;
    entry.rawAfter = raw.toString('base64');
  };
  testTable(
    oneBitDiffers,
    [
      { says: 'valid', when: 'it is the first byte of the field', change: (d) => flip(d, 1216) },
      { says: 'valid', when: 'it is the last byte of the field', change: (d) => flip(d, 2303) },
      {
        says: 'invalid',
        when: 'it is the byte before the field',
        change: (d) => flip(d, 1215),
        naming: 'in byte 1215',
      },
      { says: 'invalid', when: 'it is the byte after the field', change: (d) => flip(d, 2304), naming: 'in byte 2304' },
      { says: 'invalid', when: 'two bits differ', change: (d) => flip(d, 1300, 1301), naming: '2 bits of m2 differ' },
      { says: 'invalid', when: 'nothing differs', change: (d) => flip(d), naming: '0 bits of m2 differ' },
      noConnection,
      noJournal,
      disarmed,
    ],
    { record: 'm2', field: 'ekem' },
  );
});

describe('initiator-failures', () => {
  const isCounter = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'handshake-failures';
  testTable(
    initiatorFailures,
    [
      {
        says: 'invalid',
        when: 'nothing failed',
        change: (d) => edit(d, isCounter, { value: { node: 'node-a', total: 1 } }),
        naming: '0 more',
      },
      {
        says: 'invalid',
        when: 'more failed',
        change: (d) =>
          edit(d, (entry) => isCounter(entry) && entry.atMs > 20_000, { value: { node: 'node-a', total: 2 } }),
        naming: '2 more',
      },
      {
        says: 'unknown',
        when: 'the counter was only read afterwards',
        change: (d) => remove(d, (entry) => isCounter(entry) && entry.atMs < 10_000),
      },
      {
        says: 'unknown',
        when: 'only another node’s counter was read',
        change: (d) => {
          remove(d, isCounter);
          insert(d, 5_000, witness('handshake-failures', { node: 'node-b', total: 0 }));
          insert(d, 21_000, witness('handshake-failures', { node: 'node-b', total: 1 }));
        },
      },
      disarmed,
    ],
    { count: 1 },
  );
});
