import type { PullPlan } from '../node/pull-plan.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const headTakenAsSeen: Defect = {
  name: 'head-taken-as-seen',
  about:
    'The node stores the head cursor of WELCOME as what it has seen, though it says only what exists: whatever others pushed while it was away is never pulled.',
  node: withNodeStore(
    (base, { events }) =>
      class extends base {
        /** The next head that the puller names is that of a WELCOME. */
        #isWelcomed = false;
        protected readonly endsListening = events.subscribe((announced) => {
          if (announced.event === 'state') this.#isWelcomed = announced.state === 'connected';
        });

        override async nextPulls(head: number, pageItems: number): Promise<readonly PullPlan[]> {
          if (this.#isWelcomed) await this.#seen(head);
          this.#isWelcomed = false;
          return super.nextPulls(head, pageItems);
        }

        #seen(head: number): Promise<void> {
          return this.database.transaction('welcomed', (sql) => this.settle(sql, head));
        }
      },
  ),
};
