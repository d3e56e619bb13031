import { createHash } from 'node:crypto';
import type { Collected, Missing } from '../history/collected.ts';

/** Starts the reason in `missing` of everything that `reduceCollected` left out. */
export const notKept = 'not kept';

/**
 * Evidence of a passing trial, made small: lists of items, rows and records give way to their number and SHA-256 in
 * `missing`, so that a later judgement of what rests on them is `unknown`, never `valid`. Counts and scan results stay.
 */
export function reduceCollected(collected: Collected): Collected {
  const missing: Missing[] = [];
  const drop = (part: string, list: readonly unknown[] | null): null => {
    if (list !== null) missing.push({ part, because: reasonFor(list), byDesign: false });
    return null;
  };
  const nodes = Object.entries(collected.nodes).map(([name, node]) => {
    const items = drop(`nodes.${name}.items`, node.items);
    const answeredItems = drop(`nodes.${name}.answeredItems`, node.answeredItems);
    return [name, { ...node, items, answeredItems }] as const;
  });
  const rows = drop('relay.rows', collected.relay.rows);
  for (const { point, records } of collected.captures) drop(`captures.${point}.records`, records);
  const tapJournal = drop('tapJournal', collected.tapJournal);
  return {
    ...collected,
    nodes: Object.fromEntries(nodes),
    relay: { ...collected.relay, rows },
    captures: collected.captures.map((capture) => ({ ...capture, records: [] })),
    tapJournal,
    missing: [...collected.missing, ...missing],
  };
}

function reasonFor(list: readonly unknown[]): string {
  const digest = createHash('sha256').update(JSON.stringify(list)).digest('hex');
  return `${notKept} (${list.length} entries, SHA-256 ${digest})`;
}
