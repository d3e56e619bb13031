import type { Collected, CollectedNode, SourceSearch } from '../history/collected.ts';
import type { TrialRecord } from '../history/trial-record.ts';

/** One change to the collected state of a good trial, and the check that must not accept it. */
export interface Mutation {
  readonly name: string;
  readonly check: string;
  /** Null when the record holds nothing to change. The record itself stays as it is. */
  mutate(record: TrialRecord): TrialRecord | null;
}

const vectorEntryBytes = 40;

/** Every mutation of a trial’s state, each of which must turn its check away from `valid`. */
export const mutations: readonly Mutation[] = [
  vectorBytes('vector-entry-one-more', (bytes) => add(bytes, 1)),
  vectorBytes('vector-entry-one-less', (bytes) => add(bytes, -1)),
  vectorBytes('vector-author-missing', (bytes) => bytes.subarray(0, bytes.length - vectorEntryBytes)),
  vectorBytes('vector-not-canonical', (bytes) =>
    bytes.length < 2 * vectorEntryBytes
      ? null
      : Buffer.concat([bytes.subarray(vectorEntryBytes), bytes.subarray(0, vectorEntryBytes)]),
  ),
  ...['converges', 'no-data-loss'].flatMap((check) => [
    items('item-missing', check, (held) => {
      const index = liveIn(held);
      return index < 0 ? null : held.toSpliced(index, 1);
    }),
    items('item-extra', check, (held) => [...held, { ...held[0]!, item: 'nobody-pushed-this' }]),
    items('item-twice', check, (held) => [...held, held[0]!]),
    items('tombstone-missing', check, (held) =>
      held.some(({ deleted }) => deleted) ? held.map((one) => ({ ...one, deleted: false })) : null,
    ),
  ]),
  items('digest-changed', 'converges', (held) => changeLive(held, { digest: '0'.repeat(64) })),
  items('digest-changed', 'no-silent-corruption', (held) => changeLive(held, { digest: '0'.repeat(64) })),
  items('size-changed', 'converges', (held) => changeLive(held, { bytes: 1 })),
  items('size-changed', 'no-silent-corruption', (held) => changeLive(held, { bytes: 1 })),
  found('canary-in-log', 'no-plaintext', 'content', ({ kind }) => kind === 'log'),
  found('canary-in-write-ahead-log', 'no-plaintext', 'content', ({ source }) => source.endsWith('-wal')),
  found('device-name-in-relay-log', 'no-metadata-leak', 'device-name:node-a', ({ source }) => source === 'relay-log'),
  {
    name: 'stray-log-line',
    check: 'no-metadata-leak',
    mutate: (record) =>
      collected(record, {
        metadata: { ...record.collected.metadata, strayLines: [{ line: 1, problem: 'an event off the list' }] },
      }),
  },
  { name: 'capture-empty', check: 'no-plaintext', mutate: emptyCapture },
];

/** The mutation of that name, made for that check. */
export function mutation(name: string, check: string): Mutation {
  const found = mutations.find((candidate) => candidate.name === name && candidate.check === check);
  if (found === undefined) throw new Error(`no mutation ${name} for ${check}`);
  return found;
}

function collected(record: TrialRecord, change: Partial<Collected>): TrialRecord {
  return { ...record, collected: { ...record.collected, ...change } };
}

/** Changes the last node, so that it differs from the others. */
function lastNode(
  record: TrialRecord,
  change: (node: CollectedNode) => Partial<CollectedNode> | null,
): TrialRecord | null {
  const name = record.nodes.at(-1);
  const node = name === undefined ? undefined : record.collected.nodes[name];
  const changed = node === undefined ? null : change(node);
  if (name === undefined || node === undefined || changed === null) return null;
  return collected(record, { nodes: { ...record.collected.nodes, [name]: { ...node, ...changed } } });
}

function vectorBytes(name: string, change: (bytes: Buffer) => Buffer | null): Mutation {
  return {
    name,
    check: 'converges',
    mutate: (record) =>
      lastNode(record, ({ vector }) => {
        const changed = vector === null || vector === '' ? null : change(Buffer.from(vector, 'base64'));
        return changed === null ? null : { vector: changed.toString('base64') };
      }),
  };
}

/** The last author’s number, `by` more. */
function add(bytes: Buffer, by: number): Buffer {
  const changed = Buffer.from(bytes);
  const offset = changed.length - 8;
  changed.writeBigUInt64BE(changed.readBigUInt64BE(offset) + BigInt(by), offset);
  return changed;
}

type Items = NonNullable<CollectedNode['items']>;

function items(name: string, check: string, change: (held: Items) => Items | null): Mutation {
  return {
    name,
    check,
    mutate: (record) =>
      lastNode(record, (node) => {
        const changed = node.items === null || node.items.length === 0 ? null : change(node.items);
        return changed === null ? null : { items: changed };
      }),
  };
}

/** The place of one live item, or -1. */
function liveIn(held: Items): number {
  return held.findIndex(({ deleted, digest }) => !deleted && digest !== null);
}

function changeLive(held: Items, change: Partial<Items[number]>): Items | null {
  const index = liveIn(held);
  return index < 0 ? null : held.map((one, position) => (position === index ? { ...one, ...change } : one));
}

function found(name: string, check: string, canary: string, where: (search: SourceSearch) => boolean): Mutation {
  return {
    name,
    check,
    mutate: (record) => {
      const index = record.collected.searches.findIndex(where);
      if (index < 0) return null;
      const hit = { canary, encoding: 'raw', offset: 0 };
      const searches = record.collected.searches.map((search, position) =>
        position === index ? { ...search, hits: [...search.hits, hit] } : search,
      );
      return collected(record, { searches });
    },
  };
}

/** What remains when the capture at the relay never ran. */
function emptyCapture(record: TrialRecord): TrialRecord | null {
  if (!record.collected.captures.some(({ point }) => point === 'relay')) return null;
  return collected(record, {
    captures: record.collected.captures.map((capture) =>
      capture.point === 'relay' ? { ...capture, packets: 0, bytes: 0, markFound: false, records: [] } : capture,
    ),
    searches: record.collected.searches.map((search) =>
      search.source === 'capture:relay' ? { ...search, bytes: 0, markFound: false, hits: [] } : search,
    ),
  });
}
