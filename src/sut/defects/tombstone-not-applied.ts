import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const tombstoneNotApplied: Defect = {
  name: 'tombstone-not-applied',
  about:
    'The node stores a tombstone it received and leaves the item it deletes alone: what a user deleted on one device stays readable on the others.',
  node: withNodeStore(
    (base) =>
      class extends base {
        protected override applyTombstone(): void {}
      },
  ),
};
