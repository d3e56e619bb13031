import { expect, test } from '@jest/globals';
import { cameBackAt } from './came-back-at.ts';
import { cameBackBehind } from './came-back-behind.ts';
import {
  beginsFault,
  type Change,
  edit,
  faultToMs,
  insert,
  judged,
  type Row,
  told,
  witness,
} from './record.test-support.ts';

/** The record's fault sets node-b back, which says that it is at `cursor`; the relay was at 300. */
function setBack(cursor: number | null): Change {
  return (draft) => {
    edit(draft, beginsFault, { name: 'set-back', parameters: { target: 'node-b' } });
    const acked = { event: 'acked', atMs: 0, item: 'an item', cursor: 300, sequence: 1 } as const;
    insert(draft, faultToMs - 100, { kind: 'event', node: 'node-a', event: acked });
    insert(draft, faultToMs, witness('set-back', { node: 'node-b', cursor }, 0));
    const later = { ...acked, cursor: 900 };
    insert(draft, faultToMs + 100, { kind: 'event', node: 'node-a', event: later });
  };
}

const rows: readonly Row[] = [
  { says: 'valid', when: 'it was as far behind as it had to be', change: setBack(100), naming: '200 items behind' },
  { says: 'invalid', when: 'it was one item too near', change: setBack(101), naming: 'expected at least 200' },
  { says: 'invalid', when: 'it did not say', change: setBack(null), naming: 'did not say' },
  { says: 'invalid', when: 'nothing was set back', change: () => {}, naming: 'no data' },
];

/** The record's fault gives node-b the cursor 17, and it says that it is at `cursor`. */
function cursorSet(cursor: number | null): Change {
  return (draft) => {
    edit(draft, beginsFault, { name: 'set-cursor', parameters: { target: 'node-b', cursor: 17 } });
    insert(draft, faultToMs, witness('set-back', { node: 'node-b', cursor }, 0));
  };
}

const cursorRows: readonly Row[] = [
  { says: 'valid', when: 'it was at its cursor', change: cursorSet(17), naming: 'came back at cursor 17' },
  { says: 'invalid', when: 'it was at another', change: cursorSet(12), naming: 'at cursor 12, expected 17' },
  { says: 'invalid', when: 'it did not say', change: cursorSet(null), naming: 'no cursor that it told' },
  {
    says: 'invalid',
    when: 'nobody asked it',
    change: (d) => edit(d, beginsFault, { name: 'set-cursor', parameters: { target: 'node-b', cursor: 17 } }),
  },
  { says: 'invalid', when: 'no cursor was replaced', change: () => {}, naming: 'no cursor was replaced' },
];

test.each(cursorRows)('came-back-at says $says when $when', ({ says, change, naming = '' }) => {
  const finding = judged(cameBackAt, change);
  expect({ verdict: finding.verdict, told: told(finding) }).toEqual({
    verdict: says,
    told: expect.stringContaining(naming),
  });
});

test.each(rows)('came-back-behind says $says when $when', ({ says, change, naming = '' }) => {
  const finding = judged(cameBackBehind, change, { min: 200 });
  expect({ verdict: finding.verdict, told: told(finding) }).toEqual({
    verdict: says,
    told: expect.stringContaining(naming),
  });
});
