import { noSilentCorruption } from './no-silent-corruption.ts';
import { type Draft, isEvent, remove } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

function held(draft: Draft, list: 'items' | 'answeredItems', item: string) {
  return draft.collected.nodes['node-b']![list]!.find((one) => one.item === item)!;
}

testTable(noSilentCorruption, [
  {
    says: 'invalid',
    when: 'a stored plaintext was changed',
    change: (d) => Object.assign(held(d, 'items', 'a2'), { digest: 'other' }),
    naming: 'a2 stored on node-b',
  },
  {
    says: 'invalid',
    when: 'a node shows another plaintext than it stores',
    change: (d) => Object.assign(held(d, 'answeredItems', 'a2'), { digest: 'other' }),
    naming: 'a2 shown by node-b',
  },
  {
    says: 'invalid',
    when: 'a size differs from what was pushed',
    change: (d) => Object.assign(held(d, 'items', 'a2'), { bytes: 1023 }),
    naming: '1023 bytes',
  },
  {
    says: 'invalid',
    when: 'a payload at the relay is not what its author sealed',
    change: (d) => Object.assign(d.collected.relay.rows![1]!, { payloadDigest: 'other' }),
    naming: 'b1 at the relay',
  },
  {
    says: 'invalid',
    when: 'a tombstone’s payload was changed at the relay',
    change: (d) => Object.assign(d.collected.relay.rows!.at(-1)!, { payloadDigest: 'other' }),
    naming: 'a9 at the relay',
  },
  {
    says: 'unknown',
    when: 'nobody announced having sealed a row',
    change: (d) => remove(d, isEvent('sealed', 'b2')),
    naming: 'sealed 1 rows',
  },
  {
    says: 'unknown',
    when: 'an item has no digest',
    change: (d) => Object.assign(held(d, 'items', 'a2'), { digest: null }),
    naming: 'no digest',
  },
  {
    says: 'unknown',
    when: 'a store is missing',
    change: (d) => Object.assign(d.collected.nodes['node-b']!, { items: null }),
  },
  {
    says: 'unknown',
    when: 'a store is empty',
    change: (d) => Object.assign(d.collected.nodes['node-b']!, { items: [], answeredItems: [] }),
  },
  {
    says: 'unknown',
    when: 'the relay’s rows are missing',
    change: (d) => Object.assign(d.collected.relay, { rows: null }),
  },
  {
    says: 'unknown',
    when: 'the relay has no rows and removed none',
    change: (d) => Object.assign(d.collected.relay, { rows: [] }),
  },
  {
    says: 'valid',
    when: 'the relay has no rows and says it removed them',
    change: (d) => {
      d.collected.relay.rows = [];
      d.collected.relay.stats!.deleted = 7;
    },
  },
  {
    says: 'valid',
    when: 'the system cannot show its rows',
    change: (d) => {
      d.can = d.can.filter((one) => one !== 'rows');
      d.collected.relay.rows = null;
    },
    naming: 'not run: payloads at the relay',
  },
  {
    says: 'valid',
    when: 'what a node shows is all there is to read, and is counted once',
    change: (d) => {
      const node = d.collected.nodes['node-a']!;
      Object.assign(node, { itemsFrom: 'answer', answeredItems: node.items });
    },
    naming: '5 plaintexts compared on node-a',
  },
  {
    says: 'unknown',
    when: 'there is content and nobody read its chunks',
    change: (d) => d.can.push('content'),
    naming: 'content chunks',
  },
]);
