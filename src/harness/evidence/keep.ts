import type { Collected, Missing } from '../history/collected.ts';
import { sha256 } from './digest.ts';

/** Starts the reason in `missing` of everything that `reduceCollected` left out. */
export const notKept = 'not kept';

const known = new WeakMap<Collected, Collected>();

/**
 * Evidence of a passing trial, made small: lists of items, rows and records give way to their number and SHA-256 in
 * `missing`, so that a later judgement of what rests on them is `unknown`, never `valid`. Counts and scan results stay;
 * what is empty anyway stays too. Made once: the digest of a trial and what is stored of it both hold it.
 */
export function reduceCollected(collected: Collected): Collected {
  const made = known.get(collected) ?? reduced(collected);
  known.set(collected, made);
  return made;
}

function reduced(collected: Collected): Collected {
  const missing: Missing[] = [];
  const drop = <Entry>(part: string, list: readonly Entry[] | null): readonly Entry[] | null => {
    if (list === null || list.length === 0) return list;
    missing.push({ part, because: reasonFor(list), byDesign: false });
    return null;
  };
  const nodes = Object.entries(collected.nodes).map(([name, node]) => {
    const items = drop(`nodes.${name}.items`, node.items);
    const answeredItems = drop(`nodes.${name}.answeredItems`, node.answeredItems);
    return [name, { ...node, items, answeredItems }] as const;
  });
  const rows = drop('relay.rows', collected.relay.rows);
  const captures = collected.captures.map((capture) => ({
    ...capture,
    connections: drop(`captures.${capture.point}.connections`, capture.connections) ?? [],
    records: drop(`captures.${capture.point}.records`, capture.records) ?? [],
  }));
  const tapJournal = drop('tapJournal', collected.tapJournal);
  return {
    ...collected,
    nodes: Object.fromEntries(nodes),
    relay: { ...collected.relay, rows },
    captures,
    tapJournal,
    missing: [...collected.missing, ...missing],
  };
}

function reasonFor(list: readonly unknown[]): string {
  return `${notKept} (${list.length} entries, SHA-256 ${sha256(JSON.stringify(list))})`;
}
