import type { CleanupCounts } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const acknowledgedFromRows: Defect = {
  name: 'acknowledged-from-rows',
  about:
    'At start the relay works out anew how far each device has read, from the highest blob it still has: what a device had not fetched when the relay ended counts as delivered, and the clean-up that follows removes it.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        #hasCounted = false;

        /** The first thing of a start. */
        override async cleanup(): Promise<CleanupCounts> {
          if (!this.#hasCounted) await this.#count();
          this.#hasCounted = true;
          return super.cleanup();
        }

        #count(): Promise<void> {
          return this.step('relay.cleanup', (sql) => {
            sql.run(
              `UPDATE devices SET acked_cursor =
                 coalesce((SELECT max(cursor) FROM blobs WHERE blobs.group_id = devices.group_id), acked_cursor)`,
            );
          });
        }
      },
  ),
};
