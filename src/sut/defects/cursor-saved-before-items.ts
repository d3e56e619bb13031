import type { PullPlan } from '../node/pull-plan.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const cursorSavedBeforeItems: Defect = {
  name: 'cursor-saved-before-items',
  about:
    'The node saves the cursor of a page when it asks for it, before the items have come and are stored: a connection or process that ends in between leaves a hole that nobody pulls again.',
  node: withNodeStore(
    (base) =>
      class extends base {
        override async nextPulls(head: number, pageItems: number): Promise<readonly PullPlan[]> {
          const plans = await super.nextPulls(head, pageItems);
          const last = plans.at(-1);
          if (last !== undefined) await this.#saved(last.after + last.limit);
          return plans;
        }

        #saved(cursor: number): Promise<void> {
          return this.database.transaction('save-cursor', (sql) => this.settle(sql, cursor));
        }
      },
  ),
};
