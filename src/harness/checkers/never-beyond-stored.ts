import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { type Ledger, ledgerOf } from './ledger.ts';
import { readVector } from './vector.ts';
import { type WitnessValue, witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({ node: nodeNames });

/**
 * Whenever a node was looked at, it held every item up to the cursor it said it had read to, and every number up to
 * those of its vector: what is counted before it is stored is lost when the connection or the process ends in between.
 *
 * Not checked: items that were deleted, whose cursor no node shows any more. A node that never answered was not seen.
 */
export const neverBeyondStored: Checker<z.output<typeof parameters>> = {
  name: 'never-beyond-stored',
  role: 'invariant',
  about: 'Whenever it was looked at, a node held all that its cursor and its vector count.',
  parameters,
  judge(record, { node: nodes }) {
    const clauses = new Clauses();
    const ledger = ledgerOf(record);
    const known = knownCursors(record, ledger);
    for (const node of nodes) {
      const looks = witnessesOf(record, 'held').filter(({ value }) => value.node === node);
      if (looks.length === 0) {
        clauses.unknown(`nobody looked at what ${node} holds`);
        continue;
      }
      const beyond = looks.flatMap(({ value }) => [...aheadByCursor(value, known), ...aheadByVector(value, ledger)]);
      const figures = `${looks.length} looks at ${node}, none ahead of what it held`;
      clauses.none([...new Set(beyond)], `${node} counted what it did not hold`, figures);
    }
    return clauses.finding();
  },
};

/** Items that live at the relay or did, by cursor. */
function knownCursors(record: TrialRecord, { accepted, deleted, perhapsDeleted, facts }: Ledger): readonly number[] {
  const live = [...accepted.keys()].filter((item) => !deleted.has(item) && !perhapsDeleted.has(item));
  const told = live.flatMap((item) => [...(facts.get(item)?.cursors ?? [])]);
  const rows = record.collected.relay.rows ?? [];
  return [...new Set([...told, ...rows.flatMap(({ item, cursor }) => (live.includes(item) ? [cursor] : []))])];
}

function aheadByCursor({ node, cursor, cursors }: WitnessValue<'held'>, known: readonly number[]): readonly string[] {
  if (cursor === null) return [];
  const missing = known.filter((one) => one <= cursor && !isIn(cursors, one)).sort((a, b) => a - b);
  if (missing.length === 0) return [];
  return [`${node} had read to ${cursor} and did not hold ${missing.length} below it, the first at ${missing[0]}`];
}

function aheadByVector({ node, vector: encoded, sequences }: WitnessValue<'held'>, ledger: Ledger): readonly string[] {
  if (encoded === null) return [];
  const { vector, problem } = readVector(encoded);
  if (problem !== null) return [`the vector of ${node} ${problem}`];
  return [...vector].flatMap(([author, counted]) => {
    const missing = numbersOf(author, ledger).filter((one) => one <= counted && !isIn(sequences[author] ?? [], one));
    if (missing.length === 0) return [];
    const first = Math.min(...missing);
    return [`${node} counted ${counted} of ${author.slice(0, 8)} and did not hold ${missing.length}, such as ${first}`];
  });
}

/** Numbers of the author's items that were not deleted; its tombstones have numbers too and are no items. */
function numbersOf(author: string, { accepted, deleted, perhapsDeleted, facts }: Ledger): readonly number[] {
  return [...accepted.keys()].flatMap((item) => {
    const of = facts.get(item);
    if (of === undefined || !of.authors.has(author) || deleted.has(item) || perhapsDeleted.has(item)) return [];
    return [...of.sequences];
  });
}

function isIn(ranges: readonly (readonly [number, number])[], value: number): boolean {
  return ranges.some(([from, to]) => from <= value && value <= to);
}
