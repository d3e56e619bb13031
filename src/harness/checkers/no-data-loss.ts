import { z } from 'zod';
import type { HeldItem } from '../../contract/control.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { type Ledger, type LedgerPush, ledgerOf } from './ledger.ts';
import { judgeAbsence } from './missing.ts';
import { namedLosses } from './named-losses.ts';

/**
 * Each live entry of the ledger is in each node's store exactly once, each deleted one is tombstoned everywhere, and
 * nothing else is in a store; a node may lack what retention took from the relay, if it told its caller. A push that
 * ended without an answer is on every node or on none. One author's sequence numbers are one per item and follow the
 * order in which the node accepted the items.
 *
 * Not checked: the order of two pushes that were open at the same time, since the tester cannot know which was
 * accepted first; digests (`no-silent-corruption`); deletions that ended without an answer (`converges` wants them
 * alike on all nodes).
 */
export const noDataLoss: Checker<Record<string, never>> = {
  name: 'no-data-loss',
  role: 'invariant',
  about:
    'Every accepted item is in every node’s store exactly once, deleted ones are tombstoned, nothing else is there, and sequence numbers follow the order of acceptance.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const ledger = ledgerOf(record);
    if (ledger.accepted.size === 0) clauses.unknown('no push was accepted');
    const nameless = ledger.pushes.filter((push) => push.outcome === 'accepted' && push.item === null);
    if (nameless.length > 0) clauses.unknown(`${nameless.length} accepted pushes were answered without an id`);
    judgeIds(ledger, clauses);

    const stores = new Map<string, readonly HeldItem[]>();
    for (const node of record.nodes) {
      const items = record.collected.nodes[node]?.items ?? null;
      if (items === null) judgeAbsence(record, clauses, `nodes.${node}.items`, `the store of ${node}`);
      else stores.set(node, items);
    }
    for (const [node, items] of stores) {
      judgeStore(node, items, ledger, namedLosses(record, node, ledger), clauses);
    }
    judgeExtras(stores, ledger, clauses);
    for (const node of stores.keys()) judgeAnswer(record, node, ledger, clauses);
    judgeNumbers(record, ledger, clauses);
    judgeAuthors(ledger, clauses);
    return clauses.finding();
  },
};

/** An id stands for one push. */
function judgeIds(ledger: Ledger, clauses: Clauses): void {
  const accepted = ledger.pushes.filter((push) => push.outcome === 'accepted' && push.item !== null);
  const twice = accepted.filter((push) => ledger.accepted.get(push.item!) !== push);
  clauses.none(
    twice.map((push) => `${push.item} was answered to two pushes of ${push.node}`),
    'ids given to two pushes',
    `${accepted.length} accepted pushes, ${ledger.deleted.size} deleted`,
  );
}

function judgeStore(
  node: string,
  items: readonly HeldItem[],
  ledger: Ledger,
  named: ReadonlySet<string>,
  clauses: Clauses,
): void {
  const held = new Map<string, HeldItem[]>();
  for (const item of items) held.set(item.item, [...(held.get(item.item) ?? []), item]);

  const twice = [...held].filter(([, copies]) => copies.length > 1);
  clauses.none(
    twice.map(([item, copies]) => `${item} is ${copies.length} times on ${node}`),
    'items stored more than once',
    `${items.length} items on ${node}`,
  );
  const lost: string[] = [];
  const undeleted: string[] = [];
  for (const item of ledger.accepted.keys()) {
    const copy = held.get(item)?.[0];
    if (ledger.deleted.has(item)) {
      if (copy === undefined || !copy.deleted) undeleted.push(`${item} is not tombstoned on ${node}`);
    } else if (copy === undefined) {
      if (!named.has(item)) lost.push(`${item} is not on ${node}`);
    } else if (copy.deleted && !ledger.perhapsDeleted.has(item)) lost.push(`${item} is deleted on ${node}, by nobody`);
  }
  const lacks = named.size === 0 ? '' : `, but for ${named.size} expired that ${node} named`;
  clauses.none(lost, 'accepted items lost', `every accepted item is on every node${lacks}`);
  clauses.none(undeleted, 'deleted items not tombstoned', 'every deleted item is tombstoned');
}

/** What is in a store beyond the accepted pushes must be a tombstone or a push that ended without an answer. */
function judgeExtras(held: ReadonlyMap<string, readonly HeldItem[]>, ledger: Ledger, clauses: Clauses): void {
  const extras = new Map<string, { digest: string | null; nodes: Set<string> }>();
  for (const [node, items] of held) {
    for (const { item, digest } of items) {
      if (ledger.accepted.has(item) || ledger.tombstones.has(item)) continue;
      const extra = extras.get(item) ?? { digest, nodes: new Set<string>() };
      extra.nodes.add(node);
      extras.set(item, extra);
    }
  }
  const unused = [...ledger.unknown];
  const strange: string[] = [];
  const halfway: string[] = [];
  for (const [item, { digest, nodes }] of extras) {
    const index = unused.findIndex((push) => explains(push, item, digest));
    const explained = index >= 0 || perhapsTombstone(item, ledger);
    if (index >= 0) unused.splice(index, 1);
    if (!explained) strange.push(`${item} on ${[...nodes].join(', ')} was pushed by nobody`);
    else if (nodes.size < held.size)
      halfway.push(`${item} ended without an answer and is only on ${[...nodes].join(', ')}`);
  }
  clauses.none(strange, 'items in a store that nobody pushed', 'nothing else is stored');
  clauses.none(halfway, 'items of unanswered calls on some nodes only', `${ledger.unknown.length} pushes unanswered`);
}

function explains(push: LedgerPush, item: string, digest: string | null): boolean {
  if (push.item !== null) return push.item === item;
  return digest === null || push.digest === digest;
}

function perhapsTombstone(item: string, ledger: Ledger): boolean {
  const by = ledger.facts.get(item)?.nodes ?? new Set<string>();
  return ledger.deletions.some(
    ({ node, outcome, tombstone }) => tombstone === null && outcome !== 'failed' && (by.size === 0 || by.has(node)),
  );
}

/** What the application is shown is what is stored. */
function judgeAnswer(record: TrialRecord, node: string, ledger: Ledger, clauses: Clauses): void {
  const { items, answeredItems, itemsFrom } = record.collected.nodes[node]!;
  if (itemsFrom === 'answer') return; // There is nothing else to compare it with.
  if (answeredItems === null) {
    judgeAbsence(record, clauses, `nodes.${node}.answeredItems`, `what ${node} shows of its store`);
    return;
  }
  const view = (list: readonly HeldItem[]) =>
    list
      .filter(({ item }) => !ledger.tombstones.has(item))
      .map(({ item, deleted }) => `${item}${deleted ? ' deleted' : ''}`)
      .sort();
  const stored = view(items!);
  const shown = view(answeredItems);
  const differing = [
    ...without(stored, shown).map((one) => `${one} is stored on ${node} and not shown`),
    ...without(shown, stored).map((one) => `${one} is shown by ${node} and not stored`),
  ];
  if (differing.length === 0 && stored.length !== shown.length) differing.push(`${node} shows an item more than once`);
  clauses.none(differing, 'items shown otherwise than stored', 'nodes show what they store');
}

function without(list: readonly string[], other: readonly string[]): readonly string[] {
  const known = new Set(other);
  return list.filter((one) => !known.has(one));
}

function judgeNumbers(record: TrialRecord, ledger: Ledger, clauses: Clauses): void {
  if (!record.can.includes('vector')) {
    clauses.notRun('sequence numbers (the system has none)');
    return;
  }
  const numbered = new Map<string, number>();
  const torn: string[] = [];
  const bare: string[] = [];
  for (const item of [...ledger.accepted.keys(), ...ledger.tombstones]) {
    const sequences = [...(ledger.facts.get(item)?.sequences ?? [])];
    if (sequences.length > 1) torn.push(`${item} has the numbers ${sequences.sort((a, b) => a - b).join(' and ')}`);
    else if (sequences.length === 1) numbered.set(item, sequences[0]!);
    else if (ledger.accepted.has(item)) bare.push(item);
  }
  if (bare.length > 0) clauses.unknown(`no sequence number is known of ${bare.length} accepted items`);
  clauses.none(torn, 'items with two sequence numbers', `${numbered.size} numbered`);
  clauses.none(reused(ledger, numbered), 'sequence numbers used twice', 'each number once');
  clauses.none(outOfOrder(ledger, numbered), 'items numbered out of order', 'numbers in order of acceptance');
}

function reused(ledger: Ledger, numbered: ReadonlyMap<string, number>): string[] {
  const owner = new Map<string, string>();
  const breaches: string[] = [];
  for (const [item, sequence] of numbered) {
    const node = ledger.accepted.get(item)?.node ?? [...(ledger.facts.get(item)?.nodes ?? [])][0] ?? 'a node';
    const key = `${node} number ${sequence}`;
    const other = owner.get(key);
    if (other !== undefined) breaches.push(`${key} is both ${other} and ${item}`);
    owner.set(key, item);
  }
  return breaches;
}

/** A push that was answered before another was invoked was accepted first; their numbers must say so. */
function outOfOrder(ledger: Ledger, numbered: ReadonlyMap<string, number>): string[] {
  const breaches: string[] = [];
  for (const node of new Set(ledger.pushes.map((push) => push.node))) {
    const pushes = ledger.pushes.filter(
      (push) => push.node === node && push.outcome === 'accepted' && push.item !== null && numbered.has(push.item),
    );
    const answered = pushes.toSorted((a, b) => a.answered!.index - b.answered!.index);
    let next = 0;
    let highest: LedgerPush | null = null;
    for (const push of pushes) {
      // Pushes come in order of invocation, so what was answered before an earlier one stays answered.
      for (; next < answered.length && answered[next]!.answered!.index < push.invoked.index; next += 1) {
        const candidate = answered[next]!;
        if (highest === null || numberOf(candidate) > numberOf(highest)) highest = candidate;
      }
      if (highest !== null && numberOf(highest) > numberOf(push)) {
        breaches.push(
          `${node}: ${highest.item} was accepted first and has number ${numberOf(highest)}, ${push.item} has ${numberOf(push)}`,
        );
      }
    }
  }
  return breaches;

  function numberOf(push: LedgerPush): number {
    return numbered.get(push.item!)!;
  }
}

/** A node's items name one author in every store, and no other node's. */
function judgeAuthors(ledger: Ledger, clauses: Clauses): void {
  const authorsOf = new Map<string, Set<string>>();
  for (const [item, { node }] of ledger.accepted) {
    const authors = authorsOf.get(node) ?? new Set<string>();
    for (const author of ledger.facts.get(item)?.authors ?? []) authors.add(author);
    authorsOf.set(node, authors);
  }
  const breaches = [...authorsOf]
    .filter(([, authors]) => authors.size > 1)
    .map(([node]) => `${node} has several authors`);
  const all = [...authorsOf.values()].flatMap((authors) => [...authors]);
  if (breaches.length === 0 && new Set(all).size < all.length) breaches.push('two nodes share an author');
  clauses.none(breaches, 'wrong authors', 'one author per node');
}
