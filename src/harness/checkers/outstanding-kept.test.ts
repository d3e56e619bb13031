import { outstandingKept } from './outstanding-kept.ts';
import { type Draft, event, insert, isEvent, remove, state, vectorOf, witness } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

/** node-b refuses cursor 5 (item a3, number 3 of node-a) at 30 s, is asked to settle much later. */
function refuse(draft: Draft, atMs = 30_000): void {
  insert(draft, atMs, event('node-b', { event: 'refused', atMs: 0, cursor: 5, reason: 'authentication' }));
}

function ask(draft: Draft, ...times: readonly number[]): void {
  for (const atMs of times) insert(draft, atMs, event('node-b', { event: 'asked-again', atMs: 0, cursor: 5 }));
}

function recover(draft: Draft, atMs: number): void {
  insert(draft, atMs, event('node-b', { event: 'recovered', atMs: 0, cursor: 5 }));
}

/** The trial ends at `atMs`. */
function endAt(draft: Draft, atMs: number): void {
  remove(draft, (entry) => entry.kind === 'phase' && entry.phase === 'collecting');
  insert(draft, atMs, { kind: 'phase', phase: 'collecting' });
}

function list(draft: Draft): void {
  draft.collected.nodes['node-b']!.outstanding!.push({ item: 'a3', cursor: 5, reason: 'authentication', asked: 1 });
  draft.collected.nodes['node-b']!.vector = vectorOf(2, 3);
}

function looked(draft: Draft, atMs: number, cursors: number[] | null, cursor?: number): void {
  insert(
    draft,
    atMs,
    witness('outstanding', { node: 'node-b', when: 'now', cursors, ...(cursor === undefined ? {} : { cursor }) }),
  );
}

function restart(draft: Draft, atMs: number): void {
  insert(draft, atMs, { kind: 'process', target: 'node-b', event: 'killed' });
  insert(draft, atMs, { kind: 'process', target: 'node-b', event: 'started' });
  insert(draft, atMs, state('node-b', 'connecting'), state('node-b', 'connected'));
}

testTable(outstandingKept, [
  {
    says: 'valid',
    when: 'a refused item was recovered',
    change: (d) => {
      refuse(d);
      recover(d, 31_000);
      endAt(d, 40_000);
    },
    naming: '1 recovered',
  },
  {
    says: 'valid',
    when: 'a refused item stands on the list and is asked for',
    change: (d) => {
      refuse(d);
      ask(d, 44_000, 58_000);
      list(d);
      endAt(d, 60_000);
    },
    naming: '1 on the list of node-b',
  },
  {
    says: 'invalid',
    when: 'a refused item is not on the list and never came',
    change: (d) => {
      refuse(d);
      endAt(d, 31_000);
    },
    naming: 'no longer lists it',
  },
  {
    says: 'valid',
    when: 'the cursor waits below a refused item, list or no list',
    change: (d) => {
      refuse(d);
      endAt(d, 31_000);
      Object.assign(d.collected.nodes['node-b']!, { cursor: 4, vector: vectorOf(2, 3) });
    },
  },
  {
    says: 'invalid',
    when: 'a refused item was recovered once and refused again',
    change: (d) => {
      refuse(d);
      recover(d, 31_000);
      refuse(d, 32_000);
      endAt(d, 33_000);
    },
    naming: 'no longer lists it',
  },
  {
    says: 'valid',
    when: 'the relay no longer holds the item: a named gap',
    change: (d) => {
      refuse(d);
      insert(d, 31_000, event('node-b', { event: 'gap', atMs: 0, fromCursor: 4, toCursor: 6 }));
      endAt(d, 60_000);
    },
  },
  {
    says: 'valid',
    when: 'the refused item was deleted meanwhile',
    change: (d) => {
      insert(d, 3_000, event('node-b', { event: 'refused', atMs: 0, cursor: 1, reason: 'authentication' }));
    },
  },
  {
    says: 'invalid',
    when: 'it was counted in the vector while outstanding',
    change: (d) => {
      refuse(d);
      insert(d, 30_500, witness('vector', { node: 'node-b', vector: vectorOf(3, 3) }));
      recover(d, 31_000);
      endAt(d, 40_000);
    },
    naming: 'counts cursor 5 in its vector',
  },
  {
    says: 'invalid',
    when: 'it is counted in the vector at the end',
    change: (d) => {
      refuse(d);
      list(d);
      d.collected.nodes['node-b']!.vector = vectorOf(4, 3);
      endAt(d, 31_000);
    },
    naming: 'counts cursor 5 in its vector',
  },
  {
    says: 'invalid',
    when: 'it was not asked for again for 16 s',
    change: (d) => {
      refuse(d);
      ask(d, 46_000);
      recover(d, 47_000);
      endAt(d, 50_000);
    },
    naming: 'again for 16000 ms',
  },
  {
    says: 'unknown',
    when: 'it was asked for late on a machine that was too busy',
    change: (d) => {
      refuse(d);
      ask(d, 46_000);
      recover(d, 47_000);
      endAt(d, 50_000);
      insert(d, 40_000, { kind: 'lag', timerLagMs: 2_000 });
    },
    naming: 'machine too busy',
  },
  {
    says: 'valid',
    when: 'the node was not connected while nothing was asked',
    change: (d) => {
      refuse(d);
      insert(d, 31_000, state('node-b', 'reconnecting'));
      insert(d, 59_000, state('node-b', 'connected'));
      ask(d, 59_100);
      recover(d, 59_200);
      endAt(d, 70_000);
    },
  },
  {
    says: 'invalid',
    when: 'a reconnect did not ask again',
    change: (d) => {
      refuse(d);
      insert(d, 31_000, state('node-b', 'reconnecting'));
      insert(d, 32_000, state('node-b', 'connected'));
      insert(d, 40_000, state('node-b', 'reconnecting'));
      insert(d, 41_000, state('node-b', 'connected'));
      recover(d, 41_500);
      endAt(d, 50_000);
    },
    naming: 'reconnected and did not ask for cursor 5',
  },
  {
    says: 'invalid',
    when: 'the list was empty after a restart, although the item came later',
    change: (d) => {
      refuse(d);
      restart(d, 30_050);
      looked(d, 30_060, []);
      recover(d, 30_500);
      endAt(d, 31_000);
    },
    naming: 'not on the list of node-b after a restart',
  },
  {
    says: 'valid',
    when: 'the list held it after a restart',
    change: (d) => {
      refuse(d);
      restart(d, 30_050);
      looked(d, 30_060, [5]);
      recover(d, 30_500);
      endAt(d, 31_000);
    },
  },
  {
    says: 'invalid',
    when: 'somebody looked and the list was empty',
    change: (d) => {
      refuse(d);
      looked(d, 30_200, []);
      recover(d, 30_500);
      endAt(d, 31_000);
    },
    naming: 'not on the list of node-b',
  },
  {
    says: 'valid',
    when: 'a look crossed the refusal on its way',
    change: (d) => {
      refuse(d);
      looked(d, 30_001, []);
      recover(d, 30_500);
      endAt(d, 31_000);
    },
  },
  {
    says: 'valid',
    when: 'somebody looked while the cursor waited below',
    change: (d) => {
      refuse(d);
      looked(d, 30_200, [], 4);
      recover(d, 30_500);
      endAt(d, 31_000);
    },
  },
  {
    says: 'unknown',
    when: 'nobody knows whose item was refused',
    change: (d) => {
      insert(d, 30_000, event('node-b', { event: 'refused', atMs: 0, cursor: 40, reason: 'authentication' }));
      insert(d, 30_100, event('node-b', { event: 'recovered', atMs: 0, cursor: 40 }));
      endAt(d, 31_000);
    },
    naming: 'whose item cursor 40 is',
  },
  {
    says: 'unknown',
    when: 'a list was not collected',
    change: (d) => Object.assign(d.collected.nodes['node-b']!, { outstanding: null }),
    naming: 'outstanding list of node-b',
  },
  {
    says: 'unknown',
    when: 'a node announced nothing',
    change: (d) => remove(d, (entry) => isEvent('state')(entry) && 'node' in entry && entry.node === 'node-b'),
    naming: 'announced nothing',
  },
  { says: 'not-run', when: 'the system keeps no list', change: (d) => Object.assign(d, { can: ['live'] }) },
]);
