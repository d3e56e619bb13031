import type { CleanupCounts } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const deliveredToOneIsDelivered: Defect = {
  name: 'delivered-to-one-is-delivered',
  about:
    'The relay keeps one mark for each item instead of one for each device: as soon as any other device has confirmed an item, clean-up removes it, and a device that was away never gets it.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        override async cleanup(): Promise<CleanupCounts> {
          const counts = await super.cleanup();
          const more = await this.step('relay.cleanup', (sql) =>
            sql.run(
              `DELETE FROM blobs WHERE EXISTS (
                 SELECT 1 FROM devices WHERE devices.group_id = blobs.group_id
                 AND device_id <> sender_id AND revoked_at IS NULL AND acked_cursor >= cursor)`,
            ),
          );
          return { ...counts, acknowledged: counts.acknowledged + more.changes };
        }
      },
  ),
};
