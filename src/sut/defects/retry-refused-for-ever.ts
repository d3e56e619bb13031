import type { NewBlob, PushResult } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const retryRefusedForEver: Defect = {
  name: 'retry-refused-for-ever',
  about:
    'The relay takes each id once and refuses it ever after, even for the same push: when an acknowledgement is lost with its connection, the item waits in its device’s outbox for ever, shown as not synced.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        /** Kept when the blob itself is long cleaned away. */
        readonly #taken = new Set<string>();

        override async push(blob: NewBlob): Promise<PushResult> {
          const id = `${blob.groupId} ${blob.blobId}`;
          if (this.#taken.has(id)) return { kind: 'conflict' };
          const pushed = await super.push(blob);
          if (pushed.kind === 'stored') this.#taken.add(id);
          return pushed.kind === 'repeated' ? { kind: 'conflict' } : pushed;
        }
      },
  ),
};
