import type { NodeParts } from '../node/parts.ts';
import type { PullPlan } from '../node/pull-plan.ts';
import type { PageSource } from '../node/puller.ts';
import type { Defect } from './defect.ts';

function content(base: NodeParts['puller']): NodeParts['puller'] {
  return class extends base {
    protected override async page(source: PageSource, plan: PullPlan, head: number): Promise<number> {
      let isThereMore = false;
      const pull = async (after: number, limit: number) => {
        const answer = await source.pull(after, limit);
        isThereMore = answer.hasMore;
        return answer;
      };
      const received = await super.page({ ...source, pull }, plan, head);
      // Nothing is known to exist beyond the page until the relay tells of something new.
      if (isThereMore) this.startsAt(0);
      return received;
    }
  };
}

export const onePageIsAll: Defect = {
  name: 'one-page-is-all',
  about:
    'A device that catches up asks for one page and stops there, though the relay says that there is more: whoever was away for long gets the rest only as others go on saving, a page each time.',
  node: (parts) => ({ ...parts, puller: content(parts.puller) }),
};
