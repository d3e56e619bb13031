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
        override async nextPull(head: number, pageItems: number): Promise<PullPlan | null> {
          const plan = await super.nextPull(head, pageItems);
          if (plan !== null) await this.#saved(plan.after + plan.limit);
          return plan;
        }

        #saved(cursor: number): Promise<void> {
          return this.database.transaction('save-cursor', (sql) => this.settle(sql, cursor));
        }
      },
  ),
};
