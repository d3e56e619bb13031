import type { GroupId } from '../core/ids.ts';
import type { Page } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const expiredRangeIsEmpty: Defect = {
  name: 'expired-range-is-empty',
  about:
    'Asked for a range whose oldest part has expired, the relay answers that there is nothing after that cursor: the device takes everything up to the head for settled and never asks for what is still there.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        override async pull(groupId: GroupId, afterCursor: number, limit: number): Promise<Page> {
          const page = await super.pull(groupId, afterCursor, limit);
          const first = page.blobs[0]?.cursor ?? afterCursor + 1;
          return first === afterCursor + 1 ? page : { blobs: [], hasMore: false };
        }
      },
  ),
};
