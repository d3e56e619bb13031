import type { Gap } from '../core/cursor-tracker.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const lossUntold: Defect = {
  name: 'loss-untold',
  about:
    'The node moves on past what the relay no longer has and tells nobody: to the application a pull that lost fifty items looks like one that lost none.',
  node: withNodeStore(
    (base) =>
      class extends base {
        protected override nameHoles(): void {}

        override async holes(): Promise<Gap[]> {
          return [];
        }
      },
  ),
};
