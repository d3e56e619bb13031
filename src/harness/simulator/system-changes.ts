import { ScenarioError } from '../../support/errors.ts';
import {
  type NodeAdditions,
  nodeAdditions,
  type RelayAdditions,
  relayAdditions,
  type TestSetup,
} from '../../sut/defects/compose.ts';
import { hooks } from '../../sut/defects/registry.ts';
import type { StageOptions } from '../topology/topology.ts';

/** What the image of a stage adds to the correct system; made anew for each process. */
export interface SystemChanges {
  relay(): RelayAdditions;
  node(): NodeAdditions;
}

/** The test image brings every hook and the defects asked for, the release image neither. Throws ScenarioError. */
export function systemChanges({ image, defects }: Pick<StageOptions, 'image' | 'defects'>): SystemChanges {
  if (image === 'release' && defects.length > 0) {
    throw new ScenarioError(`defects: expected none in the release image, got ${defects.join(', ')}`);
  }
  const setup: TestSetup = { defects, hooks: image === 'test' ? Object.keys(hooks) : [] };
  nodeAdditions(setup); // Names are checked before anything is started.
  return { relay: () => relayAdditions(setup), node: () => nodeAdditions(setup) };
}
