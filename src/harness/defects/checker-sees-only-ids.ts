import { mutation } from '../checkers/mutations.ts';
import type { CollectedNode } from '../history/collected.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { TesterDefect } from './tester-defect.ts';

/** Convergence is judged by the sets of ids alone: what the items are does not matter. */
export const checkerSeesOnlyIds: TesterDefect = {
  name: 'checker-sees-only-ids',
  about: 'The convergence check compares the ids of items only, not their digests, sizes or authors.',
  blinds: 'converges',
  shownOn: mutation('digest-changed', 'converges'),
  wrap: (sound) => ({ ...sound, judge: (record, parameters) => sound.judge(withIdsOnly(record), parameters) }),
};

/** Every item is given the content that the first node holds under its id. */
function withIdsOnly(record: TrialRecord): TrialRecord {
  const first = record.nodes[0] === undefined ? undefined : record.collected.nodes[record.nodes[0]];
  const known = new Map(first?.items?.map((item) => [item.item, item]));
  const nodes = Object.entries(record.collected.nodes).map(([name, node]): [string, CollectedNode] => [
    name,
    { ...node, items: node.items?.map((item) => known.get(item.item) ?? item) ?? null },
  ]);
  return { ...record, collected: { ...record.collected, nodes: Object.fromEntries(nodes) } };
}
