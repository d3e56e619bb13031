import type { NewBlob, PushResult } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const retryRefusedForEver: Defect = {
  name: 'retry-refused-for-ever',
  about:
    'The relay refuses a push whose id it has, even when it is the same push again: once an acknowledgement is lost with its connection the item waits in its device’s outbox for ever, shown as not synced.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        override async push(blob: NewBlob): Promise<PushResult> {
          const pushed = await super.push(blob);
          return pushed.kind === 'repeated' ? { kind: 'conflict' } : pushed;
        }
      },
  ),
};
