import type { NodeChange } from '../node/parts.ts';
import type { RelayChange } from '../relay/parts.ts';
import type { Defect } from './defect.ts';
import { known } from './known.ts';
import { defects, hooks } from './registry.ts';
import type { RelayHooks } from './relay-hooks.ts';

/**
 * What makes a relay of these defects and hooks; a defect of nodes alone changes nothing. Hooks come last, so that they
 * see what the defects do. Throws ScenarioError for an unknown name.
 */
export function relayChanges(defectNames: readonly string[], relayHooks: RelayHooks): RelayChange[] {
  return [...chosen(defectNames).flatMap(({ relay }) => relay ?? []), ...relayHooks.changes];
}

/** The same for a node, whose hooks are on from the start. */
export function nodeChanges(defectNames: readonly string[], hookNames: readonly string[]): NodeChange[] {
  const chosenHooks = [...new Set(hookNames)].map((name) => known('--hooks', hooks, name));
  return [...chosen(defectNames), ...chosenHooks].flatMap(({ node }) => node ?? []);
}

function chosen(names: readonly string[]): Defect[] {
  return [...new Set(names)].map((name) => known('--defect', defects, name));
}
