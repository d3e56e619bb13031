import { ScenarioError } from '../../support/errors.ts';
import { nodeChanges, relayChanges } from '../../sut/defects/changes.ts';
import { hooks, defects as plantedDefects } from '../../sut/defects/registry.ts';
import { RelayHooks } from '../../sut/defects/relay-hooks.ts';
import type { NodeChange } from '../../sut/node/parts.ts';
import type { RelayChange } from '../../sut/relay/parts.ts';
import type { StageOptions } from '../topology/topology.ts';

/** Every defect that can be planted in the reference. */
export const defectNames: readonly string[] = Object.keys(plantedDefects);

/** What the image of a stage adds to the correct system; a relay's hooks are made anew for each of its processes. */
export interface SystemChanges {
  relay(): { readonly changes: readonly RelayChange[]; readonly hooks: RelayHooks };
  readonly node: readonly NodeChange[];
}

/** The test image brings every hook and the defects asked for, the release image neither. Throws ScenarioError. */
export function systemChanges({ image, defects }: Pick<StageOptions, 'image' | 'defects'>): SystemChanges {
  if (image === 'release' && defects.length > 0) {
    throw new ScenarioError(`defects: expected none in the release image, got ${defects.join(', ')}`);
  }
  const hookNames = image === 'test' ? Object.keys(hooks) : [];
  return {
    relay() {
      const relayHooks = new RelayHooks(hookNames);
      return { changes: relayChanges(defects, relayHooks), hooks: relayHooks };
    },
    node: nodeChanges(defects, hookNames),
  };
}
