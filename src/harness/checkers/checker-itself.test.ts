import { describe } from '@jest/globals';
import { mutationsTurnRed } from './mutations-turn-red.ts';
import { pagesAsked } from './pages-asked.ts';
import { readsComplete } from './reads-complete.ts';
import { beginsFault, captured, type Draft, edit, insert, witness } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

describe('mutations-turn-red', () => {
  testTable(
    mutationsTurnRed,
    [
      { says: 'invalid', when: 'nothing was changed', change: (d) => edit(d, beginsFault, { disarmed: true }) },
      {
        says: 'invalid',
        when: 'a check was red before',
        change: (d) => d.collected.nodes['node-b']!.items!.pop(),
        naming: 'converges is invalid on the true state',
      },
      {
        says: 'invalid',
        when: 'there was too little to change',
        change: (d) => {
          d.collected.searches = d.collected.searches.filter(({ source }) => !source.endsWith('-wal'));
          for (const search of d.collected.searches) search.markFound = true;
        },
        naming: '20 mutations applied',
      },
    ],
    { min: 21 },
    (draft) => edit(draft, beginsFault, { name: 'mutated-copies', parameters: {} }),
  );
});

describe('reads-complete', () => {
  const got = (draft: Draft, after: number, ...cursors: readonly number[]) =>
    insert(draft, 13_000, witness('read', { node: 'node-b', after, items: 2, cursors }));
  const reads = { node: 'node-b', reads: 3, head: 4 };
  testTable(
    readsComplete,
    [
      { says: 'invalid', when: 'one is missing', change: (d) => got(d, 1, 2, 4), naming: 'item 2: 4, expected 3' },
      { says: 'invalid', when: 'one came twice', change: (d) => got(d, 2, 3, 3, 4), naming: 'item 2: 3, expected 4' },
      { says: 'invalid', when: 'the last is missing', change: (d) => got(d, 2, 3), naming: 'item 2: none, expected 4' },
      { says: 'invalid', when: 'there was more', change: (d) => got(d, 3, 4, 5), naming: 'item 2: 5, expected none' },
      {
        says: 'invalid',
        when: 'a read was not answered',
        change: () => {},
        parameters: { ...reads, reads: 4 },
        naming: 'read 3 times, expected 4',
      },
    ],
    reads,
    (draft) => {
      got(draft, 0, 1, 2, 3, 4);
      got(draft, 2, 3, 4);
      got(draft, 4);
    },
  );
});

describe('pages-asked', () => {
  const asked = (draft: Draft, count: number) => {
    draft.collected.captures[2]!.records = Array.from({ length: count }, (_, index) =>
      captured(11_000 + index, 'b', 'up', index, 60, ['PULL']),
    ) as never;
  };
  testTable(
    pagesAsked,
    [
      { says: 'invalid', when: 'it asked too seldom', change: (d) => asked(d, 2), naming: 'asked for 2' },
      { says: 'unknown', when: 'nothing was captured', change: (d) => asked(d, 0) },
    ],
    { node: 'node-b', min: 3 },
    (draft) => {
      insert(draft, 9_900, { kind: 'phase', phase: 'loading' });
      asked(draft, 3);
    },
  );
});
