import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { type Ledger, ledgerOf, loadPushes } from './ledger.ts';
import { readVector } from './vector.ts';
import { armedWindows, type FaultWindow, isWithin } from './windows.ts';
import { vectorsOf } from './witnesses.ts';

/** The kinds of fault that leave a node without its relay. */
const isolating: readonly string[] = ['cut', 'stall', 'partition'];

/**
 * While links were cut, the nodes behind them went on alone and pretended nothing: no acknowledgement of what they
 * pushed meanwhile, nothing of another author in their vectors, and no packet from node to node past the relay.
 *
 * Not checked: that the items get one cursor each afterwards (`distinct-cursors`, `ack-cursor-is-stored-cursor`).
 */
export const noSplitBrain: Checker<Record<string, never>> = {
  name: 'no-split-brain',
  role: 'reaction',
  about: 'Nodes cut off from the relay acknowledge nothing, learn of nothing and never talk to each other directly.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const windows = armedWindows(record).filter(({ name }) => isolating.includes(name));
    if (windows.length === 0) clauses.unknown('no link was cut');
    const ledger = ledgerOf(record);
    for (const window of windows) {
      judgeAcknowledgements(record, ledger, window, clauses);
      for (const node of window.links) judgeVector(record, ledger, window, node, clauses);
    }
    judgePackets(record, clauses);
    return clauses.finding();
  },
};

function judgeAcknowledgements(record: TrialRecord, ledger: Ledger, window: FaultWindow, clauses: Clauses): void {
  const pushed = new Map(
    loadPushes(ledger)
      .filter(
        ({ node, item, invoked }) => item !== null && window.links.includes(node) && isWithin(window, invoked.atMs),
      )
      .map(({ item, node }) => [item!, node]),
  );
  if (pushed.size === 0) clauses.unknown(`nothing was pushed while ${window.name} was on`);
  const told = entriesOf(record.entries, 'event').flatMap(({ atMs, node, event }) => {
    if (!isWithin(window, atMs) || (event.event !== 'acked' && event.event !== 'received')) return [];
    return pushed.has(event.item) ? [`${node}: ${event.item} ${event.event}`] : [];
  });
  clauses.none(
    told,
    'items acknowledged or received while cut off',
    `none of ${pushed.size} items acknowledged while cut off`,
  );
}

function judgeVector(record: TrialRecord, ledger: Ledger, window: FaultWindow, node: string, clauses: Clauses): void {
  if (!record.can.includes('vector')) {
    clauses.notRun('version vectors (the system has none)');
    return;
  }
  const own = new Set(
    [...ledger.facts.values()].flatMap(({ nodes, authors }) => (nodes.has(node) ? [...authors] : [])),
  );
  const snapshots = vectorsOf(record, node);
  const before = snapshots.findLast(({ atMs }) => atMs <= window.fromMs);
  const inside = snapshots.filter(({ atMs }) => atMs > window.fromMs && atMs <= window.toMs);
  if (before === undefined) {
    clauses.unknown(`the vector of ${node} before ${window.name}`);
    return;
  }
  const known = readVector(before.vector).vector;
  const gained = inside.flatMap(({ vector }) =>
    [...readVector(vector).vector].flatMap(([author, sequence]) =>
      own.has(author) || sequence <= (known.get(author) ?? 0)
        ? []
        : [`${node}: another author’s ${known.get(author) ?? 0} became ${sequence}`],
    ),
  );
  clauses.none(gained, 'foreign entries gained while cut off', `${node} gained no foreign entry`);
}

/** Nodes have no business with each other at any time, so the whole trial is looked at. */
function judgePackets(record: TrialRecord, clauses: Clauses): void {
  for (const node of record.nodes) {
    const peers = record.collected.captures.find(({ point }) => point === node)?.peers ?? [];
    if (peers.length === 0) clauses.unknown(`whom ${node} exchanged packets with`);
    const others = peers.filter((peer) => peer !== node && record.nodes.includes(peer));
    clauses.none(
      others.map((peer) => `${node} exchanged packets with ${peer}`),
      'nodes that talked past the relay',
      `${node} exchanged packets with ${peers.join(', ')} alone`,
    );
  }
}
