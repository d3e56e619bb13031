import { converges } from './converges.ts';
import {
  authorA,
  authorB,
  beginsFault,
  type Draft,
  edit,
  encoded,
  insert,
  remove,
  vectorOf,
  witness,
} from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

function node(draft: Draft, name = 'node-b') {
  return draft.collected.nodes[name]!;
}

function item(draft: Draft, name: string) {
  return node(draft).items!.find((one) => one.item === name)!;
}

function bothVectors(draft: Draft, vector: string): void {
  node(draft, 'node-a').vector = vector;
  node(draft, 'node-b').vector = vector;
}

testTable(converges, [
  {
    says: 'invalid',
    when: 'settling missed its deadline',
    change: (d) =>
      edit(d, (entry) => entry.kind === 'settled', { reached: false, afterMs: 60_000, lastSeen: { pending: 3 } }),
    naming: '"pending":3',
  },
  {
    says: 'invalid',
    when: 'an earlier settling missed its deadline',
    change: (d) => insert(d, 600, { kind: 'settled', reached: false, afterMs: 60_000 }),
    naming: 'not settled after 60000 ms',
  },
  {
    says: 'unknown',
    when: 'nobody waited for settling',
    change: (d) => remove(d, (entry) => entry.kind === 'settled'),
  },
  {
    says: 'invalid',
    when: 'a vector component is one more',
    change: (d) => Object.assign(node(d), { vector: vectorOf(5, 3) }),
    naming: '4 on node-a, 5 on node-b',
  },
  {
    says: 'invalid',
    when: 'a vector component is one less',
    change: (d) => Object.assign(node(d), { vector: vectorOf(4, 2) }),
    naming: '3 on node-a, 2 on node-b',
  },
  {
    says: 'invalid',
    when: 'an author is missing from a vector',
    change: (d) => Object.assign(node(d), { vector: encoded([authorA, 4]) }),
    naming: '0 on node-b',
  },
  {
    says: 'invalid',
    when: 'both vectors lack the same component',
    change: (d) => bothVectors(d, encoded([authorA, 4])),
    naming: '3 are known',
  },
  {
    says: 'invalid',
    when: 'both vectors count what nobody numbered',
    change: (d) => bothVectors(d, vectorOf(9, 3)),
    naming: '9 in the vector',
  },
  {
    says: 'invalid',
    when: 'authors are not in order',
    change: (d) => Object.assign(node(d), { vector: encoded([authorB, 3], [authorA, 4]) }),
    naming: 'ascending order',
  },
  {
    says: 'invalid',
    when: 'an author is listed twice',
    change: (d) => bothVectors(d, encoded([authorA, 4], [authorA, 4], [authorB, 3])),
    naming: 'ascending order',
  },
  {
    says: 'invalid',
    when: 'an author is listed with 0',
    change: (d) =>
      Object.assign(node(d), {
        vector: encoded([authorA, 4], [authorB, 3], [Buffer.alloc(32, 9).toString('base64url'), 0]),
      }),
    naming: 'number 0',
  },
  { says: 'invalid', when: 'a vector has odd bytes', change: (d) => bothVectors(d, 'AAAA'), naming: 'multiple of 40' },
  {
    says: 'invalid',
    when: 'an item is missing from a manifest',
    change: (d) => node(d).items!.pop(),
    naming: 'only on node-a',
  },
  {
    says: 'invalid',
    when: 'a digest differs',
    change: (d) => Object.assign(item(d, 'a2'), { digest: 'other' }),
    naming: '"other"',
  },
  {
    says: 'invalid',
    when: 'a size differs',
    change: (d) => Object.assign(item(d, 'a2'), { bytes: 7 }),
    naming: 'only on node-b',
  },
  {
    says: 'invalid',
    when: 'there is an extra item',
    change: (d) => node(d).items!.push({ ...item(d, 'a2'), item: 'x' }),
    naming: '"x"',
  },
  {
    says: 'invalid',
    when: 'an item is there twice',
    change: (d) => node(d).items!.push({ ...item(d, 'a2') }),
    naming: 'node-b 8',
  },
  {
    says: 'invalid',
    when: 'a tombstone was not applied',
    change: (d) => Object.assign(item(d, 'a1'), { deleted: false }),
    naming: '"deleted"',
  },
  {
    says: 'valid',
    when: 'a tombstone came before its item, of which only the id is known',
    change: (d) => Object.assign(item(d, 'a1'), { author: '', sequence: null, bytes: 0 }),
  },
  {
    says: 'valid',
    when: 'nodes know different cursors',
    change: (d) => Object.assign(item(d, 'a2'), { cursor: null }),
  },
  {
    says: 'valid',
    when: 'a component went down because the node’s data were set back',
    change: (d) => {
      insert(d, 2000, witness('vector', { node: 'node-b', vector: vectorOf(3, 3) }));
      insert(d, 2200, { kind: 'process', target: 'node-b', event: 'set-back' });
      insert(d, 2500, witness('vector', { node: 'node-b', vector: vectorOf(2, 3) }));
    },
  },
  {
    says: 'invalid',
    when: 'a component went down when another node’s data had been set back',
    change: (d) => {
      insert(d, 2000, witness('vector', { node: 'node-b', vector: vectorOf(3, 3) }));
      insert(d, 2200, { kind: 'process', target: 'node-a', event: 'set-back' });
      insert(d, 2500, witness('vector', { node: 'node-b', vector: vectorOf(2, 3) }));
    },
    naming: 'from 3 down to 2',
  },
  {
    says: 'invalid',
    when: 'a component went down meanwhile',
    change: (d) => {
      insert(d, 2000, witness('vector', { node: 'node-b', vector: vectorOf(3, 3) }));
      insert(d, 2500, witness('vector', { node: 'node-b', vector: vectorOf(2, 3) }));
    },
    naming: 'from 3 down to 2',
  },
  {
    says: 'invalid',
    when: 'an author vanished from a vector meanwhile',
    change: (d) => insert(d, 2500, witness('vector', { node: 'node-b', vector: encoded([authorA, 3]) })),
    naming: 'from 2 down to 0',
  },
  {
    says: 'unknown',
    when: 'nobody watched a vector',
    change: (d) =>
      remove(
        d,
        (entry) =>
          entry.kind === 'witness' && entry.name === 'vector' && (entry.value as { node: string }).node === 'node-b',
      ),
    naming: 'not watched',
  },
  {
    says: 'invalid',
    when: 'a node scanned all again',
    change: (d) => Object.assign(node(d), { fullRescans: 1 }),
    naming: 'node-b did 1',
  },
  ...[
    { says: 'valid' as const, when: 'a cursor above the head made a node scan all again', cursor: 8, fullRescans: 1 },
    { says: 'invalid' as const, when: 'it did so twice', cursor: 8, fullRescans: 2 },
    { says: 'invalid' as const, when: 'it took that cursor as it was', cursor: 8, fullRescans: 0 },
    { says: 'invalid' as const, when: 'the cursor was that of the head', cursor: 7, fullRescans: 1 },
  ].map(({ says, when, cursor, fullRescans }) => ({
    says,
    when,
    change: (d: Draft) => {
      edit(d, beginsFault, { name: 'set-cursor', parameters: { target: 'node-b', cursor } });
      Object.assign(node(d), { fullRescans });
    },
  })),
  {
    says: 'unknown',
    when: 'the rescan counter is missing',
    change: (d) => Object.assign(node(d), { fullRescans: null }),
  },
  { says: 'unknown', when: 'a vector is missing', change: (d) => Object.assign(node(d), { vector: null }) },
  { says: 'unknown', when: 'a manifest is missing', change: (d) => Object.assign(node(d), { items: null }) },
  {
    says: 'unknown',
    when: 'all stores are empty',
    change: (d) => {
      Object.assign(node(d, 'node-a'), { items: [] });
      Object.assign(node(d), { items: [] });
    },
    naming: 'manifests are empty',
  },
  { says: 'unknown', when: 'a collection exists that nobody judged', change: (d) => d.can.push('collection') },
  {
    says: 'valid',
    when: 'the system has no vectors',
    change: (d) => {
      d.can = d.can.filter((one) => one !== 'vector');
      bothVectors(d, 'AAAA');
    },
    naming: 'not run: version vectors',
  },
]);
