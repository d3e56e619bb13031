import { describe } from '@jest/globals';
import { ackCursorIsStoredCursor } from './ack-cursor-is-stored-cursor.ts';
import { authorOrderKept } from './author-order-kept.ts';
import { distinctCursors } from './distinct-cursors.ts';
import { pulledAfterZero } from './pulled-after-zero.ts';
import { type Draft, event, insert, isEvent, remove } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

/** Gives an item another cursor in every announcement and row, as if the relay had given it. */
function giveCursor(draft: Draft, item: string, cursor: number): void {
  for (const entry of draft.entries) {
    if (entry.kind === 'event' && 'cursor' in entry.event && 'item' in entry.event && entry.event.item === item) {
      entry.event.cursor = cursor;
    }
  }
  for (const row of draft.collected.relay.rows ?? []) if (row.item === item) row.cursor = cursor;
}

function heldBy(draft: Draft, node: string, item: string) {
  return draft.collected.nodes[node]!.items!.find((held) => held.item === item)!;
}

const isNewsOf = (item: string) => (entry: Draft['entries'][number]) =>
  entry.kind === 'event' && 'item' in entry.event && entry.event.item === item;

describe('distinct-cursors', () => {
  testTable(
    distinctCursors,
    [
      {
        says: 'invalid',
        when: 'two items share a cursor',
        change: (d) => giveCursor(d, 'b3', 5),
        naming: 'cursor 5 stands for a3 and b3',
      },
      {
        says: 'invalid',
        when: 'the cursors have a hole',
        change: (d) => giveCursor(d, 'b3', 8),
        naming: 'nothing has cursor 6',
      },
      {
        says: 'invalid',
        when: 'the first cursor is 0',
        change: (d) => giveCursor(d, 'a1', 0),
        naming: 'a cursor is 0',
      },
      {
        says: 'invalid',
        when: 'a push of the load never got a cursor',
        change: (d) => {
          remove(d, (entry) => isNewsOf('b3')(entry as Draft['entries'][number]));
          d.collected.relay.rows = d.collected.relay.rows!.filter(({ item }) => item !== 'b3');
        },
        naming: 'b3 of node-b has no cursor',
      },
      {
        says: 'unknown',
        when: 'the load pushed another number',
        change: () => {},
        parameters: { count: 3 },
        naming: 'pushed 2 items',
      },
      { says: 'not-run', when: 'the system tells no cursors', change: (d) => Object.assign(d, { can: ['vector'] }) },
    ],
    { count: 2 },
  );
});

describe('ack-cursor-is-stored-cursor', () => {
  testTable(ackCursorIsStoredCursor, [
    {
      says: 'invalid',
      when: 'the relay has another cursor',
      change: (d) => Object.assign(d.collected.relay.rows![1]!, { cursor: 9 }),
      naming: 'b1: acknowledged with 2, at the relay it has 9',
    },
    {
      says: 'invalid',
      when: 'a node holds another cursor',
      change: (d) => Object.assign(heldBy(d, 'node-b', 'a2'), { cursor: 4 }),
      naming: 'on node-b it has 4',
    },
    {
      says: 'invalid',
      when: 'a push was acknowledged twice with two cursors',
      change: (d) => insert(d, 2000, event('node-a', { event: 'acked', atMs: 0, item: 'a2', cursor: 8, sequence: 2 })),
      naming: 'then with 8',
    },
    {
      says: 'unknown',
      when: 'nothing was acknowledged',
      change: (d) => remove(d, isEvent('acked')),
      naming: 'nothing was acknowledged',
    },
    {
      says: 'unknown',
      when: 'a store is missing',
      change: (d) => Object.assign(d.collected.nodes['node-b']!, { items: null }),
    },
    {
      says: 'unknown',
      when: 'no stored cursor is known',
      change: (d) => {
        d.collected.relay.rows = null;
        for (const node of Object.values(d.collected.nodes)) for (const held of node.items!) held.cursor = null;
      },
      naming: 'no stored cursor',
    },
    { says: 'not-run', when: 'the system tells no cursors', change: (d) => Object.assign(d, { can: ['live'] }) },
  ]);
});

describe('author-order-kept', () => {
  testTable(authorOrderKept, [
    { says: 'not-run', when: 'the system tells no cursors', change: (d) => Object.assign(d, { can: ['vector'] }) },
    { says: 'not-run', when: 'the system numbers nothing', change: (d) => Object.assign(d, { can: ['cursor'] }) },
    {
      says: 'invalid',
      when: 'the relay numbered two items of an author the other way round',
      change: (d) => {
        giveCursor(d, 'a2', 5);
        giveCursor(d, 'a3', 3);
      },
      naming: 'node-a: number 2 has cursor 5, number 3 has 3',
    },
    { says: 'unknown', when: 'nothing is numbered', change: (d) => remove(d, (entry) => entry.kind === 'event') },
  ]);
});

describe('pulled-after-zero', () => {
  const isReceived = (entry: Draft['entries'][number]) => isEvent('received', 'a1')(entry as never);
  testTable(pulledAfterZero, [
    {
      says: 'invalid',
      when: 'the first cursor is 0',
      change: (d) => giveCursor(d, 'a1', 0),
      naming: 'first cursor of the group is 0',
    },
    {
      says: 'invalid',
      when: 'the first item never reached another node',
      change: (d) => remove(d, (entry) => isReceived(entry as Draft['entries'][number])),
      naming: 'no node but its author',
    },
    {
      says: 'invalid',
      when: 'it came after others, so nobody asked after 0',
      change: (d) =>
        insert(d, 50, event('node-b', { event: 'received', atMs: 0, item: 'a2', cursor: 3, author: 'x', sequence: 2 })),
    },
    {
      says: 'invalid',
      when: 'the node that got it does not hold it',
      change: (d) => {
        d.collected.nodes['node-b']!.items = d.collected.nodes['node-b']!.items!.filter(({ item }) => item !== 'a1');
      },
    },
    { says: 'unknown', when: 'no delivery was announced', change: (d) => remove(d, isEvent('received')) },
    {
      says: 'unknown',
      when: 'what the node that got it holds was not collected',
      change: (d) => {
        d.collected.nodes['node-b']!.items = null;
      },
      naming: 'what node-b holds',
    },
    {
      says: 'unknown',
      when: 'no cursor is known',
      change: (d) => remove(d, (entry) => entry.kind === 'event'),
      naming: 'no cursor is known',
    },
  ]);
});
