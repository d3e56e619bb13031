import type { GroupId } from '../core/ids.ts';
import type { NodeParts } from '../node/parts.ts';
import type { PullPlan } from '../node/pull-plan.ts';
import type { Session } from '../node/session.ts';
import type { Page } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

function strict(base: NodeParts['puller']): NodeParts['puller'] {
  return class extends base {
    protected override page(session: Session, plan: PullPlan): Promise<number> {
      const pull = async (...asked: Parameters<Session['pull']>) => {
        const answer = await session.pull(...asked);
        if (answer.blobs.length > 0) return answer;
        session.giveUp('unreadable');
        return session.pull(...asked); // The session is over, and says so.
      };
      return super.page({ pull }, plan);
    }
  };
}

export const emptyPageIsAnError: Defect = {
  name: 'empty-page-is-an-error',
  about:
    'The relay says that there is more whenever a page is full, and the device takes the empty page that follows for damage: whoever is behind by exactly some pages loses the connection.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        override async pull(groupId: GroupId, afterCursor: number, limit: number): Promise<Page> {
          const page = await super.pull(groupId, afterCursor, limit);
          return { ...page, hasMore: page.blobs.length === limit };
        }
      },
  ),
  node: (parts) => ({ ...parts, puller: strict(parts.puller) }),
};
