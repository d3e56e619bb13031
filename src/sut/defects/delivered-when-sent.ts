import type { DeviceId } from '../core/ids.ts';
import type { MessageOf } from '../core/messages.ts';
import type { RelayParts } from '../relay/parts.ts';
import type { Page } from '../relay/relay-store.ts';
import type { Responses } from '../relay/responses.ts';
import type { Defect } from './defect.ts';

export const deliveredWhenSent: Defect = {
  name: 'delivered-when-sent',
  about:
    'The relay counts items as delivered when it writes the answer to a pull, not when the device confirms them: when the answer is lost and clean-up runs before the device comes back, its items are gone for good.',
  relay: (parts) => ({
    ...parts,
    responses: new (class extends (parts.responses.constructor as typeof Responses) {
      override pullResponse(deviceId: DeviceId, page: Page, afterCursor: number): MessageOf<'PULL_RESPONSE'> {
        const answer = parts.responses.pullResponse(deviceId, page, afterCursor);
        void markDelivered(parts, deviceId, answer.maxCursor);
        return answer;
      }
    })(),
  }),
};

async function markDelivered({ sessions, store }: RelayParts, deviceId: DeviceId, cursor: number): Promise<void> {
  const groups = sessions.all.flatMap(({ peer, groupId }) =>
    peer?.deviceId === deviceId && groupId !== null ? [groupId] : [],
  );
  for (const groupId of groups) await store.acknowledge(groupId, deviceId, cursor);
}
