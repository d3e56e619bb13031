import type { NodeParts } from '../node/parts.ts';
import type { PullPlan } from '../node/pull-plan.ts';
import type { Puller } from '../node/puller.ts';
import type { Defect } from './defect.ts';

function halvesOf({ after, limit }: PullPlan): PullPlan[] {
  const older = Math.floor(limit / 2);
  return [{ after: after + older, limit: limit - older }, ...(older === 0 ? [] : [{ after, limit: older }])];
}

/** The newer half first, so that the user sees the latest soon; whichever answer comes first is applied first. */
function hasty(base: NodeParts['puller']): NodeParts['puller'] {
  return class extends base {
    protected override async allOf(...[session, plans, head]: Parameters<Puller['allOf']>): Promise<number> {
      const received = await Promise.all(plans.flatMap(halvesOf).map((half) => this.page(session, half, head)));
      return received.reduce((sum, count) => sum + count, 0);
    }
  };
}

export const halvesTakenAsTheyCome: Defect = {
  name: 'halves-taken-as-they-come',
  about:
    'The node asks for the newer and the older half of what it lacks side by side and takes each answer in as it comes: an author’s items appear out of the order in which they were written.',
  node: (parts) => ({ ...parts, puller: hasty(parts.puller) }),
};
