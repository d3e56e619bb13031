import { expect, test } from '@jest/globals';
import { noDataLoss } from './no-data-loss.ts';
import { type Draft, edit, event, insert, isEvent, judged, plainDigest, remove } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

type Items = NonNullable<Draft['collected']['nodes'][string]['items']>;

function items(draft: Draft, node: string): Items {
  return draft.collected.nodes[node]!.items!;
}

/** Takes an item from a node as if it had never come there. */
function lose(draft: Draft, node: string, item: string): void {
  const collected = draft.collected.nodes[node]!;
  collected.items = collected.items!.filter((held) => held.item !== item);
  collected.answeredItems = collected.answeredItems!.filter((held) => held.item !== item);
}

function place(draft: Draft, node: string, item: string, digest: string | null): void {
  const held = { ...items(draft, 'node-a')[1]!, item, digest, sequence: null, cursor: null };
  draft.collected.nodes[node]!.items!.push(held);
  draft.collected.nodes[node]!.answeredItems!.push({ ...held });
}

/** A push whose call never ended. */
function pushUnanswered(draft: Draft, digest: string): void {
  insert(draft, 2000, {
    kind: 'invoked',
    operation: 77,
    node: 'node-a',
    op: 'push',
    part: 'load[0].push',
    digest,
    bytes: 1024,
  });
}

const operationOf = (operation: number) => (entry: { kind: string; operation?: number }) =>
  entry.operation === operation;

testTable(noDataLoss, [
  {
    says: 'invalid',
    when: 'one node lacks an accepted item',
    change: (d) => lose(d, 'node-b', 'a2'),
    naming: 'a2 is not on node-b',
  },
  {
    says: 'invalid',
    when: 'the author itself lost its item',
    change: (d) => lose(d, 'node-a', 'a3'),
    naming: 'a3 is not on node-a',
  },
  {
    says: 'invalid',
    when: 'an item is stored twice',
    change: (d) => items(d, 'node-b').push({ ...items(d, 'node-b')[1]! }),
    naming: '2 times on node-b',
  },
  {
    says: 'invalid',
    when: 'a deleted item is live on a node',
    change: (d) => Object.assign(items(d, 'node-b')[0]!, { deleted: false, digest: plainDigest('a1') }),
    naming: 'a1 is not tombstoned on node-b',
  },
  {
    says: 'invalid',
    when: 'a deleted item is not known at all on a node',
    change: (d) => lose(d, 'node-b', 'a1'),
    naming: 'not tombstoned',
  },
  {
    says: 'invalid',
    when: 'an item is deleted that nobody deleted',
    change: (d) => Object.assign(items(d, 'node-b')[1]!, { deleted: true }),
    naming: 'by nobody',
  },
  {
    says: 'invalid',
    when: 'a store holds what nobody pushed',
    change: (d) => place(d, 'node-b', 'x1', 'plain-x'),
    naming: 'x1 on node-b',
  },
  {
    says: 'invalid',
    when: 'a push that certainly failed is in a store',
    change: (d) => {
      edit(d, operationOf(2), { outcome: 'failed', item: undefined });
      remove(d, (entry) => entry.kind === 'event' && 'item' in entry.event && entry.event.item === 'a2');
    },
    naming: 'a2 on node-a, node-b was pushed by nobody',
  },
  {
    says: 'valid',
    when: 'an unanswered push is on every node',
    change: (d) => {
      pushUnanswered(d, 'plain-u');
      place(d, 'node-a', 'u1', 'plain-u');
      place(d, 'node-b', 'u1', 'plain-u');
    },
  },
  { says: 'valid', when: 'an unanswered push is on no node', change: (d) => pushUnanswered(d, 'plain-u') },
  {
    says: 'invalid',
    when: 'an unanswered push is on one node only',
    change: (d) => {
      pushUnanswered(d, 'plain-u');
      place(d, 'node-b', 'u1', 'plain-u');
    },
    naming: 'u1 ended without an answer and is only on node-b',
  },
  {
    says: 'invalid',
    when: 'one unanswered push is stored under two ids',
    change: (d) => {
      pushUnanswered(d, 'plain-u');
      for (const node of ['node-a', 'node-b']) for (const item of ['u1', 'u2']) place(d, node, item, 'plain-u');
    },
    naming: 'u2',
  },
  {
    says: 'invalid',
    when: 'one id was answered to two pushes',
    change: (d) => edit(d, (entry) => entry.kind === 'answered' && entry.operation === 4, { item: 'a2' }),
    naming: 'a2 was answered to two pushes',
  },
  {
    says: 'invalid',
    when: 'an item got two sequence numbers',
    change: (d) =>
      insert(d, 3000, event('node-a', { event: 'sealed', atMs: 0, item: 'a2', sequence: 9, payloadDigest: 'again' })),
    naming: 'a2 has the numbers 2 and 9',
  },
  {
    says: 'invalid',
    when: 'a sequence number was used twice',
    change: (d) => renumber(d, 'a3', 2),
    naming: 'node-a number 2',
  },
  {
    says: 'invalid',
    when: 'numbers do not follow the order of acceptance',
    change: (d) => {
      renumber(d, 'a2', 3);
      renumber(d, 'a3', 2);
    },
    naming: 'a2 was accepted first',
  },
  {
    says: 'valid',
    when: 'pushes that were open at the same time are numbered either way',
    change: (d) => {
      const answer = d.entries.find((entry) => entry.kind === 'answered' && entry.operation === 2)!;
      remove(d, (entry) => entry === answer);
      insert(d, 30_000, answer);
      renumber(d, 'a2', 3);
      renumber(d, 'a3', 2);
    },
  },
  {
    says: 'invalid',
    when: 'a store names another author',
    change: (d) => Object.assign(items(d, 'node-b')[2]!, { author: 'someone else' }),
    naming: 'node-a has several authors',
  },
  {
    says: 'valid',
    when: 'a node knows nothing of an item but that it is deleted',
    change: (d) => Object.assign(items(d, 'node-b')[0]!, { author: '', sequence: null }),
  },
  {
    says: 'invalid',
    when: 'a node does not show what it stores',
    change: (d) => d.collected.nodes['node-b']!.answeredItems!.pop(),
    naming: 'b3 is stored on node-b and not shown',
  },
  {
    says: 'valid',
    when: 'the only answers are what was collected',
    change: (d) => Object.assign(d.collected.nodes['node-b']!, { itemsFrom: 'answer', answeredItems: null }),
  },
  {
    says: 'unknown',
    when: 'a store was not collected',
    change: (d) => Object.assign(d.collected.nodes['node-b']!, { items: null }),
    naming: 'nodes.node-b.items',
  },
  {
    says: 'unknown',
    when: 'what a node shows was not collected',
    change: (d) => Object.assign(d.collected.nodes['node-b']!, { answeredItems: null }),
  },
  { says: 'unknown', when: 'a node is not in the evidence', change: (d) => delete d.collected.nodes['node-b'] },
  {
    says: 'unknown',
    when: 'no push was accepted',
    change: (d) => {
      d.entries = [];
      for (const node of Object.values(d.collected.nodes)) Object.assign(node, { items: [], answeredItems: [] });
    },
    naming: 'no push was accepted',
  },
  {
    says: 'unknown',
    when: 'an accepted push was answered without an id',
    change: (d) => {
      edit(d, (entry) => entry.kind === 'answered' && entry.operation === 2, { item: undefined });
      for (const node of ['node-a', 'node-b']) lose(d, node, 'a2');
    },
    naming: 'without an id',
  },
  {
    says: 'unknown',
    when: 'no number is known of an accepted item',
    change: (d) => {
      remove(d, (entry) => entry.kind === 'event' && 'item' in entry.event && entry.event.item === 'a2');
      for (const node of ['node-a', 'node-b'])
        Object.assign(items(d, node).find(({ item }) => item === 'a2')!, { sequence: null });
    },
    naming: 'no sequence number',
  },
  {
    says: 'invalid',
    when: 'one store is missing and another lacks an item',
    change: (d) => {
      Object.assign(d.collected.nodes['node-a']!, { items: null });
      lose(d, 'node-b', 'a2');
    },
    naming: 'beside it cannot tell',
  },
]);

/** Gives an item another number everywhere. */
function renumber(draft: Draft, item: string, sequence: number): void {
  for (const entry of draft.entries) {
    if (entry.kind === 'event' && 'sequence' in entry.event && entry.event.item === item)
      entry.event.sequence = sequence;
  }
  for (const node of ['node-a', 'node-b']) {
    Object.assign(items(draft, node).find((held) => held.item === item)!, { sequence });
  }
}

test('no-data-loss finds the tombstone from what was sealed when the deletion’s answer did not name it', () => {
  const finding = judged(noDataLoss, (d) => edit(d, operationOf(50), { item: 'a1' }));
  expect(finding.verdict).toBe('invalid');
  const unnamed = judged(noDataLoss, (d) =>
    edit(d, (entry) => entry.kind === 'answered' && entry.operation === 50, { item: undefined }),
  );
  expect(unnamed).toMatchObject({ verdict: 'valid' });
});

test('no-data-loss counts sequence numbers as not run where the system has none', () => {
  const finding = judged(noDataLoss, (d) => {
    d.can = d.can.filter((one) => one !== 'vector');
    remove(d, isEvent('sealed'));
  });
  expect(finding.verdict).toBe('valid');
  expect(finding.because).toContain('not run: sequence numbers');
});
