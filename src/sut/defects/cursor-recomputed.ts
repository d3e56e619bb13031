import type { CleanupCounts } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const cursorRecomputed: Defect = {
  name: 'cursor-recomputed',
  about:
    'The relay does not trust its cursor count at start and takes the highest blob that it still has, plus one: where the newest were cleaned away their cursors are given again, and devices that have read so far never ask for the new items.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        #hasCounted = false;

        /** The first thing of a start. */
        override async cleanup(): Promise<CleanupCounts> {
          const counts = await super.cleanup();
          if (!this.#hasCounted) await this.#count();
          this.#hasCounted = true;
          return counts;
        }

        #count(): Promise<void> {
          return this.step('relay.cleanup', (sql) => {
            sql.run(
              `UPDATE group_cursors SET next_cursor =
                 1 + coalesce((SELECT max(cursor) FROM blobs WHERE blobs.group_id = group_cursors.group_id), 0)`,
            );
          });
        }
      },
  ),
};
