import type { NodeParts } from '../node/parts.ts';
import type { Defect } from './defect.ts';

function forgetful(base: NodeParts['openRequests']): NodeParts['openRequests'] {
  return class extends base {
    protected override indexOf(...[message, open]: Parameters<InstanceType<typeof base>['indexOf']>): number {
      if (message.type !== 'PUSH_ACK') return super.indexOf(message, open);
      return open.findLastIndex(({ type }) => type === 'PUSH');
    }
  };
}

export const ackTakenForTheLatest: Defect = {
  name: 'ack-taken-for-the-latest',
  about:
    'The node takes an acknowledgement for the push it sent last, not for the one it names: with several on a slow link the wrong items count as safe, and those are lost when the connection is.',
  node: (parts) => ({ ...parts, openRequests: forgetful(parts.openRequests) }),
};
