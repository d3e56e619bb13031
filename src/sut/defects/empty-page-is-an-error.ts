import type { GroupId } from '../core/ids.ts';
import type { NodeParts } from '../node/parts.ts';
import type { PullPlan } from '../node/pull-plan.ts';
import type { PageSource } from '../node/puller.ts';
import type { Page } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

function strict(base: NodeParts['puller']): NodeParts['puller'] {
  return class extends base {
    protected override page(source: PageSource, plan: PullPlan, head: number): Promise<number> {
      const pull = async (after: number, limit: number) => {
        const answer = await source.pull(after, limit);
        if (answer.blobs.length === 0) source.giveUp('unreadable');
        return answer;
      };
      return super.page({ ...source, pull }, plan, head);
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
