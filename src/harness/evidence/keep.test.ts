import { expect, test } from '@jest/globals';
import type { Collected, CollectedNode } from '../history/collected.ts';
import { sha256 } from './digest.ts';
import { notKept, reduceCollected } from './keep.ts';

const item = { item: 'i', author: 'a', sequence: 1, cursor: 1, bytes: 3, digest: 'd', deleted: false };
const node: CollectedNode = {
  alive: true,
  unscheduledExits: [],
  itemsFrom: 'rows',
  items: [item, item],
  answeredItems: [item],
  vector: 'AA==',
  cursor: 1,
  pending: 0,
  outstanding: [],
  fullRescans: 0,
  integrityCheck: 'ok',
};
const row = { item: 'i', cursor: 1, sender: 's', bytes: 3, payloadDigest: 'p' };
const record = {
  firstMs: 1,
  lastMs: 2,
  flow: 'f',
  session: null,
  direction: 'up',
  index: 0,
  bytes: 9,
  messages: null,
} as const;
const connection = { flow: 'f', openedMs: 1, endedMs: null, wasReset: false };
const capture = { packets: 5, packetsCounted: 5, bytes: 99, markFound: true, openedSessions: 1, opaqueSessions: 0 };
const search = { source: 'relay-log', kind: 'log', bytes: 9, markFound: true, opaque: false, hits: [] } as const;
const collected: Collected = {
  nodes: { 'node-a': node, 'node-b': { ...node, items: null, answeredItems: [] } },
  relay: {
    alive: true,
    unscheduledExits: [],
    stats: null,
    baseline: null,
    rows: [row],
    integrityCheck: 'ok',
    closeWait: 0,
  },
  searches: [search],
  metadata: { logLines: 4, strayLines: [], pages: ['/health'], strayPages: [], markFound: true },
  captures: [
    { ...capture, point: 'relay', peers: ['toxiproxy'], connections: [connection], records: [record, record, record] },
    { ...capture, point: 'node-a', peers: ['toxiproxy'], connections: [], records: [] },
  ],
  tapJournal: null,
  links: {},
  missing: [{ part: 'nodes.node-b.items', because: 'it did not answer', byDesign: false }],
};

test('lists give way to their number and digest, the rest stays', () => {
  const because = (list: readonly unknown[]) =>
    `${notKept} (${list.length} entries, SHA-256 ${sha256(JSON.stringify(list))})`;
  expect(reduceCollected(collected)).toEqual({
    ...collected,
    nodes: {
      'node-a': { ...node, items: null, answeredItems: null },
      'node-b': { ...node, items: null, answeredItems: [] },
    },
    relay: { ...collected.relay, rows: null },
    captures: collected.captures.map((one) => ({ ...one, connections: [], records: [] })),
    missing: [
      ...collected.missing,
      { part: 'nodes.node-a.items', because: because([item, item]), byDesign: false },
      { part: 'nodes.node-a.answeredItems', because: because([item]), byDesign: false },
      { part: 'relay.rows', because: because([row]), byDesign: false },
      { part: 'captures.relay.connections', because: because([connection]), byDesign: false },
      { part: 'captures.relay.records', because: because([record, record, record]), byDesign: false },
    ],
  });
});

test('a second time changes nothing', () => {
  const once = reduceCollected(collected);
  expect(reduceCollected(once)).toEqual(once);
});
