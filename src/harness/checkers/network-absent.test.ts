import { expect, test } from '@jest/globals';
import { networkAbsent } from './network-absent.ts';
import {
  beginsFault,
  type Change,
  edit,
  faultFromMs,
  insert,
  judged,
  type Row,
  remove,
  told,
  witness,
} from './record.test-support.ts';

/** The record's fault detaches node-a, and the arena saw it on these networks. */
function detached(...seen: readonly (readonly string[])[]): Change {
  return (draft) => {
    edit(draft, beginsFault, { name: 'detach', parameters: { node: 'node-a' } });
    seen.forEach((networks, index) => {
      insert(draft, faultFromMs + 1000 * (index + 1), witness('networks', { node: 'node-a', networks }, 0));
    });
  };
}

const rows: readonly Row[] = [
  { says: 'valid', when: 'it was gone to the end and came back', change: detached([], [], ['data']), naming: '10.0 s' },
  { says: 'invalid', when: 'it was never gone', change: detached(['data'], ['data'], ['data']), naming: 'meanwhile' },
  {
    says: 'invalid',
    when: 'it was back before the heal',
    change: detached([], ['data'], ['data']),
    naming: 'meanwhile',
  },
  { says: 'invalid', when: 'it never came back', change: detached([], [], []), naming: 'after the heal' },
  { says: 'invalid', when: 'nobody looked at the end', change: detached([], ['data']), naming: 'one end of the fault' },
  { says: 'invalid', when: 'nobody looked', change: detached(), naming: 'one end of the fault' },
  { says: 'invalid', when: 'nothing was detached', change: (draft) => remove(draft, beginsFault), naming: 'no node' },
];

test.each(rows)('network-absent says $says when $when', ({ says, change, naming = '' }) => {
  const finding = judged(networkAbsent, change);
  expect({ verdict: finding.verdict, told: told(finding) }).toEqual({
    verdict: says,
    told: expect.stringContaining(naming),
  });
});
