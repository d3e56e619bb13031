import type { AckLevel } from '../../contract/outcome.ts';
import { type EntryOf, entriesOf, type LoadPart } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';

/** What the tester asked the nodes to store and delete, and what the nodes said of it. */
export interface Ledger {
  readonly pushes: readonly LedgerPush[];
  readonly deletions: readonly LedgerDeletion[];
  /** The accepted pushes that have an id, by id. */
  readonly accepted: ReadonlyMap<string, LedgerPush>;
  /** Pushes whose call ended without an answer: on every node or on none. */
  readonly unknown: readonly LedgerPush[];
  /** Items whose deletion was accepted. */
  readonly deleted: ReadonlySet<string>;
  /** Items whose deletion ended without an answer. */
  readonly perhapsDeleted: ReadonlySet<string>;
  /** Deleting is itself an item: the ids of the tombstones. */
  readonly tombstones: ReadonlySet<string>;
  /** What the authors announced and the stores hold of each item, accepted or not. */
  readonly facts: ReadonlyMap<string, ItemFacts>;
}

export interface LedgerPush {
  readonly operation: number;
  readonly node: string;
  readonly part: LoadPart;
  /** SHA-256 of the plaintext in hex. */
  readonly digest: string | null;
  readonly bytes: number | null;
  readonly round: number | null;
  readonly invoked: EntryOf<'invoked'>;
  readonly answered: EntryOf<'answered'> | null;
  /** `accepted`: the call returned. `failed`: it certainly did not happen. */
  readonly outcome: 'accepted' | 'failed' | 'unknown';
  readonly level: AckLevel | null;
  readonly item: string | null;
}

export interface LedgerDeletion {
  readonly node: string;
  /** Wall clock. */
  readonly invokedMs: number;
  readonly item: string;
  readonly outcome: 'accepted' | 'failed' | 'unknown';
  readonly tombstone: string | null;
}

export interface ItemFacts {
  /** Nodes that sealed it or were acknowledged for it: its author, and nobody else. */
  readonly nodes: ReadonlySet<string>;
  /** Every sequence number that anything says it has; one, if all is well. */
  readonly sequences: ReadonlySet<number>;
  /** Every cursor that acknowledgements and deliveries gave it. */
  readonly cursors: ReadonlySet<number>;
  /** Of the payload as its author sealed it. */
  readonly sealedDigests: ReadonlySet<string>;
  /** Device ids that stores name as its author. */
  readonly authors: ReadonlySet<string>;
}

interface MutableFacts {
  readonly nodes: Set<string>;
  readonly sequences: Set<number>;
  readonly cursors: Set<number>;
  readonly sealedDigests: Set<string>;
  readonly authors: Set<string>;
}

/** Nearly every check asks for it, and a record that is judged does not change. */
const ledgers = new WeakMap<TrialRecord, Ledger>();

/** The ledger of one trial, from its history and the stores that were collected. */
export function ledgerOf(record: TrialRecord): Ledger {
  let ledger = ledgers.get(record);
  if (ledger === undefined) {
    ledger = drawnUp(record);
    ledgers.set(record, ledger);
  }
  return ledger;
}

function drawnUp(record: TrialRecord): Ledger {
  const answers = new Map(entriesOf(record.entries, 'answered').map((answer) => [answer.operation, answer]));
  const invoked = entriesOf(record.entries, 'invoked').filter(
    (entry) => answers.get(entry.operation)?.outcome !== 'unsupported',
  );
  const pushes = invoked
    .filter((entry) => entry.op === 'push')
    .map((entry) => pushOf(entry, answers.get(entry.operation)));
  const deletions = invoked
    .filter((entry) => entry.op === 'delete')
    .map((entry) => deletionOf(entry, answers.get(entry.operation)));
  const facts = factsOf(record, pushes);
  return {
    pushes,
    deletions,
    accepted: new Map(
      pushes.flatMap((push) => (push.outcome === 'accepted' && push.item !== null ? [[push.item, push] as const] : [])),
    ),
    unknown: pushes.filter((push) => push.outcome === 'unknown'),
    deleted: new Set(deletions.filter(({ outcome }) => outcome === 'accepted').map(({ item }) => item)),
    perhapsDeleted: new Set(deletions.filter(({ outcome }) => outcome === 'unknown').map(({ item }) => item)),
    tombstones: tombstonesOf(pushes, deletions, facts),
    facts,
  };
}

function outcomeOf(answered: EntryOf<'answered'> | undefined): LedgerPush['outcome'] {
  if (answered?.outcome === 'ok') return 'accepted';
  return answered?.outcome === 'failed' ? 'failed' : 'unknown';
}

function pushOf(invoked: EntryOf<'invoked'>, answered: EntryOf<'answered'> | undefined): LedgerPush {
  return {
    operation: invoked.operation,
    node: invoked.node,
    part: invoked.part,
    digest: invoked.digest ?? null,
    bytes: invoked.bytes ?? null,
    round: invoked.round ?? null,
    invoked,
    answered: answered ?? null,
    outcome: outcomeOf(answered),
    level: answered?.level ?? null,
    item: answered?.item ?? null,
  };
}

function deletionOf(invoked: EntryOf<'invoked'>, answered: EntryOf<'answered'> | undefined): LedgerDeletion {
  return {
    node: invoked.node,
    invokedMs: invoked.atMs,
    item: invoked.item ?? '',
    outcome: outcomeOf(answered),
    tombstone: answered?.item ?? null,
  };
}

function factsOf(record: TrialRecord, pushes: readonly LedgerPush[]): ReadonlyMap<string, ItemFacts> {
  const all = new Map<string, MutableFacts>();
  const of = (item: string) => {
    let facts = all.get(item);
    if (facts === undefined) {
      facts = {
        nodes: new Set(),
        sequences: new Set(),
        cursors: new Set(),
        sealedDigests: new Set(),
        authors: new Set(),
      };
      all.set(item, facts);
    }
    return facts;
  };
  for (const { node, item, answered } of pushes) {
    if (item === null) continue;
    of(item).nodes.add(node);
    if (typeof answered?.sequence === 'number') of(item).sequences.add(answered.sequence);
    if (typeof answered?.cursor === 'number') of(item).cursors.add(answered.cursor);
  }
  for (const { node, event } of entriesOf(record.entries, 'event')) {
    if (event.event === 'sealed') {
      of(event.item).nodes.add(node);
      of(event.item).sequences.add(event.sequence);
      of(event.item).sealedDigests.add(event.payloadDigest);
    } else if (event.event === 'acked') {
      of(event.item).nodes.add(node);
      if (event.cursor !== null) of(event.item).cursors.add(event.cursor);
      if (event.sequence !== null) of(event.item).sequences.add(event.sequence);
    } else if (event.event === 'received') {
      of(event.item).cursors.add(event.cursor);
      of(event.item).sequences.add(event.sequence);
      of(event.item).authors.add(event.author);
    }
  }
  for (const node of Object.values(record.collected.nodes)) {
    for (const held of node.items ?? []) {
      if (held.deleted) continue; // A node may know nothing of it but that it is deleted.
      of(held.item).authors.add(held.author);
      if (held.sequence !== null) of(held.item).sequences.add(held.sequence);
    }
  }
  return all;
}

/**
 * A tombstone is known from the answer to its deletion. Where a node was not able to give that answer, what it sealed
 * beyond its pushes stands for its deletions, as many as there are.
 */
function tombstonesOf(
  pushes: readonly LedgerPush[],
  deletions: readonly LedgerDeletion[],
  facts: ReadonlyMap<string, ItemFacts>,
): ReadonlySet<string> {
  const known = new Set(deletions.flatMap(({ tombstone }) => (tombstone === null ? [] : [tombstone])));
  const pushed = new Set(pushes.flatMap(({ item }) => (item === null ? [] : [item])));
  const nodes = new Set(deletions.map(({ node }) => node));
  for (const node of nodes) {
    // A push that ended without an answer may be what was sealed; then nothing can be told from sealing.
    if (pushes.some((push) => push.node === node && push.outcome === 'unknown')) continue;
    const unnamed = deletions.filter((one) => one.node === node && one.tombstone === null && one.outcome !== 'failed');
    const sealed = [...facts]
      .filter(([item, of]) => of.nodes.has(node) && !pushed.has(item) && !known.has(item))
      .map(([item]) => item);
    for (const item of sealed.slice(0, unnamed.length)) known.add(item);
  }
  return known;
}

/** True of the load’s own steps: not of what forms and seeds the group, prepares the load or closes the trial. */
export function isLoad(part: LoadPart): boolean {
  return !['group', 'seed', 'closing'].includes(part) && !part.startsWith('prepare');
}

export function loadPushes(ledger: Ledger): readonly LedgerPush[] {
  return ledger.pushes.filter(({ part }) => isLoad(part));
}
