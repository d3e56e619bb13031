import { describe } from '@jest/globals';
import type { CapturedRecord } from '../history/collected.ts';
import {
  beginsFault,
  type Change,
  captured,
  capturedAt,
  edit,
  insert,
  remove,
  witness,
} from './record.test-support.ts';
import { resumesAtCursor } from './resumes-at-cursor.ts';
import { testTable } from './table.test-support.ts';

const held = (cursor: number | null) =>
  witness('held', { node: 'node-a', cursor, vector: null, cursors: [], sequences: {} });
const isHeld = (entry: { kind: string; name?: string }) => entry.kind === 'witness' && entry.name === 'held';

/** What node-a asks for on a connection that it opens at this moment. */
function connection(openedMs: number, flow: string, after: number, ...before: readonly CapturedRecord[]) {
  const pull = { ...captured(openedMs + 90, flow, 'up', 9, 150, ['PULL']), pullsAfter: [after, after + 50] };
  return [captured(openedMs, flow, 'up', 0, 1218, null), ...before, pull];
}

const old = [...connection(5_000, 'old', 1), captured(9_000, 'old', 'down', 9, 5000, ['PULL_RESPONSE'])];
const asks =
  (after: number, ...before: readonly CapturedRecord[]): Change =>
  (d) =>
    capturedAt(d, 'node-a', [...old, ...connection(21_000, 'new', after, ...before)]);
const ack = captured(21_050, 'new', 'down', 5, 150, ['PUSH_ACK']);
const killed: Change = (d) => insert(d, 18_000, { kind: 'process', target: 'node-a', event: 'killed' });
const all =
  (...changes: readonly Change[]): Change =>
  (d) => {
    for (const change of changes) change(d);
  };

describe('resumes-at-cursor', () => {
  testTable(
    resumesAtCursor,
    [
      { says: 'invalid', when: 'it began at the start', change: asks(0), naming: 'follows 0, having read to 4' },
      { says: 'invalid', when: 'it began an item further back', change: asks(3), naming: 'follows 3' },
      { says: 'invalid', when: 'it left an item out', change: asks(5), naming: 'follows 5' },
      { says: 'valid', when: 'that was its own, and acknowledged', change: asks(5, ack), naming: 'follows 5' },
      { says: 'invalid', when: 'the one after it was another’s', change: asks(6, ack, ack), naming: 'follows 6' },
      { says: 'valid', when: 'it was killed after the look', change: all(asks(6), killed), naming: 'or further' },
      { says: 'invalid', when: 'that is no reason to go back', change: all(asks(3), killed), naming: 'follows 3' },
      {
        says: 'valid',
        when: 'more came in after the look',
        change: (d) => {
          asks(6)(d);
          remove(d, isHeld);
          insert(d, 8_000, held(4));
        },
        naming: 'or further',
      },
      {
        says: 'invalid',
        when: 'it never asked again',
        change: (d) => capturedAt(d, 'node-a', old),
        naming: 'asked for no page on a connection made after',
      },
      {
        says: 'unknown',
        when: 'the capture was not opened',
        change: (d) => capturedAt(d, 'node-a', [captured(21_000, 'new', 'up', 9, 150, null)]),
        naming: 'was not opened',
      },
      {
        says: 'unknown',
        when: 'nothing was captured',
        change: (d) => capturedAt(d, 'node-a', []),
        naming: 'captures.node-a.records',
      },
      { says: 'unknown', when: 'nobody looked', change: (d) => remove(d, isHeld), naming: 'nobody had looked' },
      {
        says: 'unknown',
        when: 'it did not say where it was',
        change: (d) => edit(d, isHeld, { value: { ...(held(null) as { value: object }).value } }),
        naming: 'nobody had looked',
      },
      {
        says: 'unknown',
        when: 'the fault was disarmed',
        change: (d) => edit(d, beginsFault, { disarmed: true }),
        naming: 'no fault',
      },
    ],
    { node: 'node-a' },
    all(asks(4), (d) => insert(d, 15_000, held(4))),
  );
});
