import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { type Ledger, ledgerOf } from './ledger.ts';

/**
 * However often a push was sent, the relay stored it once, under the id with which it was accepted, and every answer
 * gave it the same cursor: all that the relay holds, acknowledged or delivered is an item (or tombstone) that a node
 * accepted, and the group has taken no more cursors than there are such items.
 *
 * Not checked: rows of items that everybody has and the relay has cleaned away; their cursors still count.
 */
export const storedOnceSameId: Checker<Record<string, never>> = {
  name: 'stored-once-same-id',
  role: 'invariant',
  about: 'However often a push was sent, the relay stored it once, under the id it was accepted with, at one cursor.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    if (!record.can.includes('cursor')) {
      clauses.notRun('cursors (the system tells none)');
      return clauses.finding();
    }
    const ledger = ledgerOf(record);
    if (ledger.unknown.length > 0) {
      clauses.unknown(`${ledger.unknown.length} pushes ended without an answer, so their ids are not known`);
      return clauses.finding();
    }
    judgeIds(record, ledger, clauses);
    judgeCursors(record, ledger, clauses);
    judgeHead(record, ledger, clauses);
    return clauses.finding();
  },
};

function isKnown({ accepted, tombstones }: Ledger, item: string): boolean {
  return accepted.has(item) || tombstones.has(item);
}

function judgeIds(record: TrialRecord, ledger: Ledger, clauses: Clauses): void {
  const { rows } = record.collected.relay;
  if (rows === null) clauses.unknown('the rows of the relay were not collected');
  const announced = entriesOf(record.entries, 'event').flatMap(({ node, event }) =>
    event.event === 'sealed' || event.event === 'acked' ? [{ item: event.item, where: `${node} ${event.event}` }] : [],
  );
  const stored = (rows ?? []).map(({ item, cursor }) => ({ item, where: `the relay holds at ${cursor}` }));
  const strange = [...announced, ...stored].filter(({ item }) => !isKnown(ledger, item));
  clauses.none(
    [...new Set(strange.map(({ item, where }) => `${where} ${item}, which no push was accepted as`))],
    'ids that no push was accepted as',
    `${(rows ?? []).length} rows and ${announced.length} announcements under known ids`,
  );
}

function judgeCursors(record: TrialRecord, { facts }: Ledger, clauses: Clauses): void {
  const cursors = new Map([...facts].map(([item, of]) => [item, new Set(of.cursors)]));
  for (const { item, cursor } of record.collected.relay.rows ?? []) cursors.get(item)?.add(cursor);
  const several = [...cursors].filter(([, given]) => given.size > 1);
  clauses.none(
    several.map(([item, given]) => `${item} has the cursors ${[...given].join(' and ')}`),
    'items with more than one cursor',
    'each item at one cursor',
  );
}

/** The relay gives a cursor to what it stores and to nothing else, so the highest one counts what it ever stored. */
function judgeHead(record: TrialRecord, { accepted, tombstones, facts }: Ledger, clauses: Clauses): void {
  const told = [...facts.values()].flatMap((of) => [...of.cursors]);
  const stored = (record.collected.relay.rows ?? []).map(({ cursor }) => cursor);
  const read = record.nodes.flatMap((node) => record.collected.nodes[node]?.cursor ?? []);
  const highest = Math.max(0, ...told, ...stored, ...read);
  const items = accepted.size + tombstones.size;
  const figures = `${highest} cursors for ${items} items`;
  if (highest === 0) clauses.unknown('no cursor is known');
  else if (highest > items) clauses.broken(`the relay stored more often than there are items: ${figures}`);
  else clauses.holds(figures);
}
